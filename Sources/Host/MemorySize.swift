public import Diagnostics

/// A number of bytes as people write it: `512M`, `1.5GiB`, `4096`.
public struct MemorySize: Hashable, Sendable, CustomStringConvertible {
  /// How many.
  public var bytes: Int

  /// Makes a size.
  public init(_ bytes: Int) { self.bytes = bytes }

  private static let units = ["K", "M", "G", "T"]

  /// Reads a size: a number, and K, M, G or T for powers of 1024, also with `B` or `iB` behind it.
  ///
  /// - Throws: A diagnostic for what is no size of 1 MiB to 8 EiB.
  public init(parsing text: String, option: String) throws(DiagnosticError) {
    var rest = text.uppercased()[...]
    for suffix in ["IB", "B"] where rest.hasSuffix(suffix) {
      rest = rest.dropLast(suffix.count)
      break
    }
    var scale = 1.0
    if let unit = rest.last.flatMap({ MemorySize.units.firstIndex(of: String($0)) }) {
      for _ in 0...unit { scale *= 1024 }
      rest = rest.dropLast()
    }
    let isNumber = rest.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2E }
    guard isNumber, let number = Double(rest), number * scale >= Double(1 << 20),
      number * scale < 9e18
    else {
      throw DiagnosticError(
        "\(option): '\(text)' is not an amount of memory",
        remedy: "write 512M, 4G or a number of bytes, at least 1M")
    }
    bytes = Int(number * scale)
  }

  /// `1.5 GiB`.
  public var description: String {
    var value = Double(bytes)
    var name = "B"
    for unit in MemorySize.units.prefix(3) where value >= 1024 {
      value /= 1024
      name = "\(unit)iB"
    }
    if name == "B" { return "\(bytes) B" }
    return "\((value * 10).rounded() / 10) \(name)"
  }
}
