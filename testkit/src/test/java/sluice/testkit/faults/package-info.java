/// Plants bugs into copies of the shipped code, and sees whether anything notices them.
@NullMarked
package sluice.testkit.faults;

import org.jspecify.annotations.NullMarked;
