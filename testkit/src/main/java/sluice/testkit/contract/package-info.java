/// The contract of a backend, as abstract JUnit test classes. A backend passes them with one
/// subclass of each, which says where the backend is.
package sluice.testkit.contract;
