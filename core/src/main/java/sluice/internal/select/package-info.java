/// How `select` remembers what it was asked the last time.
package sluice.internal.select;
