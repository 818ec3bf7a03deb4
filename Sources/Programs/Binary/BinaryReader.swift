import Device
import Diagnostics
import Formats
import ISA
import Machine

/// Reads the records of a binary program; the first fault ends it, since what follows depends on it.
struct BinaryReader {
  private(set) var bytes: UnsafeBufferPointer<UInt8>
  let file: String
  /// Next byte.
  var at = 0
  /// End of the record that is being read.
  var end = 0
  /// Records read so far.
  private var record = 0
  private var recordStart = 0

  var program = Program(name: "")
  var strings: [String] = []
  var operations: [OperationLayout?] = Array(repeating: nil, count: 256)
  var depths: [Int] = []
  private var tensorNames: Set<String> = []
  private var sawProgram = false

  /// How an operation's fields are laid out in this file.
  struct OperationLayout {
    var entry: OperationTable.Entry
    /// For each value in the file, the position of the field.
    var fields: [Int]
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>, file: String) {
    self.bytes = bytes
    self.file = file
  }

  // MARK: Errors

  /// The error at the current record and byte.
  func fault(_ message: String, remedy: String? = nil) -> DiagnosticError {
    DiagnosticError(
      "record \(record), byte \(at) of the content: \(message)",
      at: SourceLocation(file: file, line: 0),
      remedy: remedy ?? "copy or produce the file again")
  }

  // MARK: Pieces

  mutating func byte() throws(DiagnosticError) -> UInt8 {
    guard at < end else { throw fault("the record ends too early") }
    at += 1
    return bytes[at - 1]
  }

  mutating func bits() throws(DiagnosticError) -> UInt {
    var value: UInt = 0
    var shift: UInt = 0
    while true {
      let byte = try byte()
      if shift == 63 && byte > 1 { throw fault("an integer of more than 64 bits") }
      value |= UInt(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 63 { throw fault("an integer of more than 64 bits") }
    }
  }

  mutating func signed() throws(DiagnosticError) -> Int {
    let bits = try bits()
    return Int(bitPattern: bits >> 1) ^ -Int(bitPattern: bits & 1)
  }

  /// A count of things that take at least one byte each, so that no memory is reserved in vain.
  mutating func count(_ what: String) throws(DiagnosticError) -> Int {
    let value = try bits()
    guard value <= UInt(end - at) else {
      throw fault("\(value) \(what) in a record with \(end - at) bytes left")
    }
    return Int(value)
  }

  mutating func string() throws(DiagnosticError) -> String {
    let number = try bits()
    guard number < UInt(strings.count) else {
      throw fault("string \(number) is named, the file has had \(strings.count)")
    }
    return strings[Int(number)]
  }

  mutating func int32(_ what: String) throws(DiagnosticError) -> Int32 {
    let value = try signed()
    guard let small = Int32(exactly: value) else {
      throw fault("\(what) is \(value), which does not fit into 32 bits")
    }
    return small
  }

  func choice<Value>(_ found: Value?, _ what: String, _ raw: UInt8) throws(DiagnosticError) -> Value
  {
    guard let found else {
      throw fault("there is no \(what) \(raw)", remedy: "use the trnsim that wrote the file")
    }
    return found
  }

  mutating func location() throws(DiagnosticError) -> SourceLocation {
    let file = try string()
    let line = try signed()
    return SourceLocation(file: file, line: line, column: try signed())
  }

  // MARK: Records

  mutating func read() throws(DiagnosticError) -> Program {
    try readHead()
    guard try readRecords() else { throw fault("the file ends without its last record") }
    return program
  }

  /// Goes on with more bytes, which begin with a record.
  mutating func go(on more: UnsafeBufferPointer<UInt8>) {
    bytes = more
    at = 0
  }

  /// The magic and the version.
  mutating func readHead() throws(DiagnosticError) {
    end = bytes.count
    guard bytes.starts(with: BinaryFormat.magic) else {
      throw DiagnosticError(
        "neither a program text nor a binary program", at: SourceLocation(file: file, line: 0),
        remedy: "binary programs begin with 'trnprog' inside zstd, texts with 'trnsim program'")
    }
    at = BinaryFormat.magic.count
    let version = try bits()
    guard version == UInt(BinaryFormat.version) else {
      throw DiagnosticError(
        "version \(version) of binary programs, this trnsim reads version "
          + "\(BinaryFormat.version)", at: SourceLocation(file: file, line: 0),
        remedy: version > UInt(BinaryFormat.version) ? "use a newer trnsim" : nil)
    }
  }

  /// Reads all records that are there; true if the last of a file was among them.
  mutating func readRecords() throws(DiagnosticError) -> Bool {
    while true {
      recordStart = at
      end = bytes.count
      guard at < end else { return false }
      let raw = try byte()
      guard let tag = BinaryFormat.Tag(rawValue: raw) else {
        throw fault("unknown record \(raw)", remedy: "use the trnsim that wrote the file")
      }
      let length = try count("bytes")
      end = at + length
      if try read(tag) { return true }
      guard at == end else { throw fault("\(end - at) bytes too many in the record") }
      record += 1
    }
  }

  /// Reads one record; true for the last.
  private mutating func read(_ tag: BinaryFormat.Tag) throws(DiagnosticError) -> Bool {
    switch tag {
    case .string:
      let slice = UnsafeBufferPointer(rebasing: bytes[at..<end])
      guard let text = String(validating: slice, as: UTF8.self) else {
        throw fault("a string is not UTF-8")
      }
      strings.append(text)
      at = end
    case .program: try readProgram()
    case .metadata:
      let key = try string()
      if program.metadata.updateValue(try string(), forKey: key) != nil {
        throw fault("the key '\(key)' is given twice")
      }
    case .tensor: try readTensor()
    case .scope: try readScope()
    case .operation: try readOperation()
    case .instruction: try readInstruction()
    case .end:
      try readEnd()
      return true
    }
    return false
  }

  private mutating func readProgram() throws(DiagnosticError) {
    if sawProgram { throw fault("a second head") }
    sawProgram = true
    program.name = try string()
    let choice = try bits()
    guard choice < UInt(BinaryFormat.dependencies.count) else {
      throw fault("there is no kind of dependencies \(choice)")
    }
    program.dependencies = BinaryFormat.dependencies[Int(choice)]
  }

  private mutating func readTensor() throws(DiagnosticError) {
    let name = try string()
    let space = try byte()
    let dtype = try byte()
    let role = try byte()
    var tensor = Tensor(
      name: name, space: try choice(MemorySpace(rawValue: space), "memory", space),
      dtype: try choice(DType(rawValue: dtype), "element type", dtype), shape: [],
      role: try choice(Tensor.Role(rawValue: role), "role", role))
    for _ in 0..<(try count("extents")) { tensor.shape.append(try signed()) }
    let place = OnChipPlace(partition: try signed(), byte: try signed())
    let extra = try byte()
    guard extra & ~BinaryFormat.TensorExtra.all == 0 else {
      throw fault("unknown attributes", remedy: "use the trnsim that wrote the file")
    }
    if extra & BinaryFormat.TensorExtra.location != 0 { tensor.location = try location() }
    if extra & BinaryFormat.TensorExtra.base != 0 {
      let base = try signed()
      guard program.tensors.indices.contains(base) else {
        throw fault("tensor '\(name)' has the memory of tensor \(base), which is not before it")
      }
      tensor.base = TensorID(base)
    }
    guard TensorLayout(TensorID(0), tensor) != nil else {
      throw fault("tensor '\(name)' of shape \(tensor.shape)")
    }
    guard tensor.space != .hbm || place == OnChipPlace() else {
      throw fault(
        "tensor '\(name)' is in hbm and has no place on chip, but names partition "
          + "\(place.partition), byte \(place.byte)", remedy: "write 0 and 0")
    }
    let isPlaced = tensor.space != .hbm && extra & BinaryFormat.TensorExtra.unplaced == 0
    guard isPlaced || place == OnChipPlace(),
      (0...TensorLayout.maximumPartition).contains(place.partition),
      (0...TensorLayout.maximumAddress).contains(place.byte)
    else {
      throw fault("tensor '\(name)' at partition \(place.partition), byte \(place.byte)")
    }
    tensor.place = isPlaced ? place : nil
    guard tensorNames.insert(name).inserted else {
      throw fault("tensor '\(name)' is declared twice")
    }
    program.tensors.append(tensor)
  }

  private mutating func readScope() throws(DiagnosticError) {
    let name = try string()
    let parent = try int32("a scope's parent")
    guard parent >= -1 && Int(parent) < program.scopes.count else {
      throw fault("scope \(program.scopes.count) is in scope \(parent)")
    }
    let depth = parent < 0 ? 1 : depths[Int(parent)] + 1
    guard depth <= Program.scopeDepthLimit else {
      throw fault("scopes nest deeper than \(Program.scopeDepthLimit)")
    }
    depths.append(depth)
    var kind = Scope.Kind.plain
    if at < end {
      let raw = try byte()
      let kinds = BinaryFormat.scopeKinds
      kind = try choice(kinds.indices.contains(Int(raw)) ? kinds[Int(raw)] : nil, "kind", raw)
    }
    program.scopes.append(Scope(name: name, parent: parent, kind: kind))
  }

  private mutating func readOperation() throws(DiagnosticError) {
    let opcode = try byte()
    let name = try string()
    guard let entry = OperationTable.shared.entry(rawOpcode: opcode), entry.name == name else {
      throw fault(
        "operation \(opcode), '\(name)', is not known", remedy: "use the trnsim that wrote the file"
      )
    }
    var fields: [Int] = []
    for _ in 0..<(try count("fields")) {
      let name = try string()
      guard let index = entry.fields.firstIndex(where: { $0.name == name }) else {
        throw fault(
          "\(entry.name) has no field '\(name)'", remedy: "use the trnsim that wrote the file")
      }
      fields.append(index)
    }
    operations[Int(opcode)] = OperationLayout(entry: entry, fields: fields)
  }

  private mutating func readEnd() throws(DiagnosticError) {
    let count = try bits()
    guard count == UInt(program.instructions.count) else {
      throw fault("\(count) instructions are announced, \(program.instructions.count) were read")
    }
    guard at == end, end == bytes.count else {
      throw fault("\(bytes.count - at) bytes follow the last record")
    }
    guard sawProgram else { throw fault("the file has no head") }
    for (index, instruction) in program.instructions.enumerated() {
      for other in instruction.after where !program.instructions.indices.contains(Int(other)) {
        throw fault("instruction \(index) comes after \(other), the program has \(count)")
      }
    }
  }
}
