import Formats

extension DType {
  /// The bytes of an element of memory that nothing wrote: NaN, or 4 in integers.
  ///
  /// It is what the vendor's simulator has there (NKI documentation, "NKI simulator"). 255 is NaN in scales; packed
  /// elements have no value of their own.
  var undefinedElement: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: size)
    bytes.withUnsafeMutableBytes { target in
      guard let base = target.baseAddress else { return }
      if isOpaque {
        let bits: UInt32 = self == .float8_e8m0fnu ? 255 : 4
        withUnsafePointer(to: bits) {
          Formats.encodeBits($0, count: 1, as: self, into: base, stride: size)
        }
      } else {
        var rounding = Rounding.nearestEven
        let value: Float = isFloat ? .nan : 4
        withUnsafePointer(to: value) {
          Formats.encode($0, count: 1, as: self, into: base, stride: size, rounding: &rounding)
        }
      }
    }
    return bytes
  }
}
