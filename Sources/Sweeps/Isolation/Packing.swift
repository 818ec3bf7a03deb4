package import Diagnostics

/// Bytes that two processes of one program exchange: numbers of 64 bits, texts and lists behind their lengths.
package struct Packer {
  /// What was packed so far.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func put(_ number: Int) {
    withUnsafeBytes(of: Int64(number).littleEndian) { bytes.append(contentsOf: $0) }
  }

  package mutating func put(_ number: Double) { put(Int(bitPattern: UInt(number.bitPattern))) }

  package mutating func put(_ flag: Bool) { bytes.append(flag ? 1 : 0) }

  package mutating func put(_ text: String) {
    put(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  package mutating func put<Value: Packable>(_ value: Value) { value.pack(into: &self) }

  package mutating func put<Value>(
    _ values: some Collection<Value>, _ body: (inout Packer, Value) -> Void
  ) {
    put(values.count)
    for value in values { body(&self, value) }
  }

  package mutating func put<Value>(_ value: Value?, _ body: (inout Packer, Value) -> Void) {
    put(value != nil)
    if let value { body(&self, value) }
  }

  package mutating func put(_ texts: [String]) { put(texts) { $0.put($1) } }

  package mutating func put(_ texts: [String: String]) {
    put(texts.sorted { $0.key < $1.key }) { packer, entry in
      packer.put(entry.key)
      packer.put(entry.value)
    }
  }
}

/// Bytes that `Packer` does not make.
package struct UnpackingError: Error {}

/// Reads what `Packer` wrote, in the same order.
package struct Unpacker {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  private mutating func take(_ count: Int) throws(UnpackingError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else { throw UnpackingError() }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  package mutating func number() throws(UnpackingError) -> Int {
    let found = try take(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(truncatingIfNeeded: found)
  }

  package mutating func real() throws(UnpackingError) -> Double {
    Double(bitPattern: UInt64(truncatingIfNeeded: try number()))
  }

  package mutating func flag() throws(UnpackingError) -> Bool { try take(1).first == 1 }

  package mutating func text() throws(UnpackingError) -> String {
    String(decoding: try take(try number()), as: UTF8.self)
  }

  package mutating func list<Value>(
    _ body: (inout Unpacker) throws(UnpackingError) -> Value
  ) throws(UnpackingError) -> [Value] {
    var found: [Value] = []
    for _ in 0..<(try count()) { found.append(try body(&self)) }
    return found
  }

  /// A list's length; each element has a byte at least.
  private mutating func count() throws(UnpackingError) -> Int {
    let count = try number()
    guard count >= 0, count <= bytes.count - position else { throw UnpackingError() }
    return count
  }

  package mutating func optional<Value>(
    _ body: (inout Unpacker) throws(UnpackingError) -> Value
  ) throws(UnpackingError) -> Value? {
    try flag() ? try body(&self) : nil
  }

  package mutating func texts() throws(UnpackingError) -> [String] {
    try list { unpacker throws(UnpackingError) in try unpacker.text() }
  }

  package mutating func dictionary() throws(UnpackingError) -> [String: String] {
    var found: [String: String] = [:]
    for _ in 0..<(try count()) {
      let key = try text()
      found[key] = try text()
    }
    return found
  }
}

/// What processes of one program exchange.
package protocol Packable {
  /// Writes it.
  func pack(into packer: inout Packer)
  /// Reads what `pack(into:)` wrote.
  init(from unpacker: inout Unpacker) throws(UnpackingError)
}

extension Packable {
  /// Its bytes alone.
  package var packed: [UInt8] {
    var packer = Packer()
    pack(into: &packer)
    return packer.bytes
  }
}

extension DiagnosticError: Packable {
  /// Messages with their places and remedies; excerpts of sources are left out.
  package func pack(into packer: inout Packer) {
    packer.put(diagnostics) { packer, finding in
      packer.put(finding.message)
      packer.put(finding.location) { packer, place in
        packer.put(place.file)
        packer.put(place.line)
        packer.put(place.column)
      }
      packer.put(finding.remedy) { $0.put($1) }
    }
  }

  package init(from unpacker: inout Unpacker) throws(UnpackingError) {
    self.init(
      try unpacker.list { unpacker throws(UnpackingError) in
        let message = try unpacker.text()
        let place = try unpacker.optional { unpacker throws(UnpackingError) in
          SourceLocation(
            file: try unpacker.text(), line: try unpacker.number(), column: try unpacker.number())
        }
        let remedy = try unpacker.optional { unpacker throws(UnpackingError) in
          try unpacker.text()
        }
        return Diagnostic(.error, message, at: place, remedy: remedy)
      })
  }
}
