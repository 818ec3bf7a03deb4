extension BadInput {
  /// A `.npy` file, version 1.
  static func npy(
    _ descr: String, _ shape: String, fortran: Bool = false, bytes: [UInt8]
  ) -> [UInt8] {
    let order = fortran ? "True" : "False"
    let header = "{'descr': '\(descr)', 'fortran_order': \(order), 'shape': \(shape), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
      + bytes
  }

  /// Bytes of 2 × 8 floats, one of them replaced.
  static func floats(_ first: Float = 1) -> [UInt8] {
    ([first] + Array(repeating: 1, count: 15)).flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
    }
  }

  /// Bytes of 2 × 8 doubles, of which one is too large for a float.
  static func doubles(beyond index: Int) -> [UInt8] {
    (0..<16).flatMap { i in
      let number = i == index ? 1e300 : 1
      return (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
    }
  }

  private static func array(
    _ name: String, _ bytes: [UInt8], code: Int32 = 1, _ messages: String...
  ) -> BadInput {
    var input = BadInput(
      name,
      "run softmax --param tokens=2 --param experts=8 --param dtype=float32 --input x=x.npy",
      [.bytes("x.npy", bytes)], code: code)
    input.messages = messages
    return input
  }

  /// Inputs that are not what the kernel takes.
  static let arrays: [BadInput] = [
    BadInput(
      "missing array", "run softmax --input x=x.npy",
      "x.npy: error: cannot read: No such file or directory"),
    BadInput("unknown input", "run softmax --input z=x.npy", "there is no input 'z'"),
    BadInput(
      "input without a file", "run softmax --input x", "'x' is not an input", "write name=file.npy"),
    BadInput(
      "input twice",
      "run softmax --param tokens=2 --param experts=8 --param dtype=float32 --input x=x.npy --input x=x.npy",
      [.bytes("x.npy", npy("<f4", "(2, 8)", bytes: floats()))], "input 'x' is given 2 times"),
    BadInput(
      "several at once", "run rmsnorm --input z=x.npy --input x=x.npy --input gama=y.npy",
      [.text("x.npy", "hello")], "there is no input 'z'", "x.npy: error: not an .npy file",
      "did you mean 'gamma'?", "3 errors"),
    .array(
      "not an array", Array("PK\u{3}\u{4}".utf8), "x.npy: error: not an .npy file",
      "write it with numpy.save"),
    .array("empty", [], "x.npy: error: not an .npy file"),
    .array(
      "version of tomorrow", [0x93] + Array("NUMPY".utf8) + [9, 0, 0, 0, 0, 0],
      ".npy version 9.0 is not supported"),
    .array(
      "header cut", Array(npy("<f4", "(2, 8)", bytes: []).prefix(30)),
      ".npy file ends inside its header, at byte 30"),
    .array(
      "another type", npy("<i4", "(2, 8)", bytes: floats()),
      "'x' is float32, the file holds '<i4'", "save it as one of <f4"),
    .array(
      "objects", npy("|O", "(2, 8)", bytes: floats()),
      "x.npy: error: 'x' is object: its elements are Python objects", "array.astype(np.float32)"),
    .array(
      "complex numbers", npy(">c8", "(2, 4)", bytes: floats()),
      "'x' is complex64: NKI has no complex numbers", "the real and the imaginary parts"),
    .array(
      "beyond float32", npy("<f8", "(2, 8)", fortran: true, bytes: doubles(beyond: 5)),
      "'x' has 1e+300 at [1, 2], beyond float32 (up to 3.4028235e+38)", "scale it"),
    .array(
      "another shape", npy("<f4", "(8, 2)", bytes: floats()),
      "'x' has shape [2, 8], the file holds [8, 2]"),
    .array(
      "another rank", npy("<f4", "(16,)", bytes: floats()),
      "'x' has shape [2, 8], the file holds [16]"),
    .array(
      "negative extent", npy("<f4", "(-2, 8)", bytes: floats()), "malformed .npy header",
      "a negative extent"),
    .array(
      "absurd extent", npy("<f4", "(4611686018427387904, 8)", bytes: floats()),
      "is not the shape of an array"),
    .array(
      "truncated", npy("<f4", "(2, 8)", bytes: Array(floats().dropLast())),
      "needs 64 bytes, the file has 63", "copy or produce the file again"),
    .array(
      "trailing bytes", npy("<f4", "(2, 8)", bytes: floats() + [0]),
      "needs 64 bytes, the file has 65", "save one array in each file"),
  ]
}
