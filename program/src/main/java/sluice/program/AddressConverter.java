package sluice.program;

import picocli.CommandLine.ITypeConverter;

/// Lets picocli read an [Address].
final class AddressConverter implements ITypeConverter<Address> {
  @Override
  public Address convert(String text) {
    return Address.parse(text);
  }
}
