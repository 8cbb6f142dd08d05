/// The Linux backend.
package sluice.linux;
