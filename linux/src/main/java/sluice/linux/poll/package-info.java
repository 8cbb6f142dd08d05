/// `select` by way of `ppoll`.
package sluice.linux.poll;
