public import Device
public import Formats
public import Machine

/// An operation in which several cores take part: a collective of ranks, or an exchange within a rank.
///
/// The cores' programs meet at it. A program that runs alone is all ranks: it gets what it gives.
public protocol ExchangeOperation: Operation {
  /// What this core gives; unset for a barrier.
  var source: AccessPattern { get }
  /// Where this core gets its result; unset for a barrier.
  var destination: AccessPattern { get }
  /// Kind, participants and size.
  func exchange(_ tensors: [Tensor]) -> Exchange
  /// What the participant at `index` gets of all parts, in the order of the group; `nil` for nothing.
  func result(_ parts: [ExchangePart], for index: Int) -> ExchangePart?
}

extension ExchangeOperation {
  /// Yes: cores meet here.
  public static var isBarrier: Bool { true }
}

/// What a core gives or gets: rows × columns of raw elements.
public struct ExchangePart: Hashable, Sendable {
  /// Element type.
  public var dtype: DType
  /// Rows.
  public var rows: Int
  /// Elements of a row.
  public var columns: Int
  /// Row after row: bits, or values of reductions.
  public var bits: [UInt32]

  /// Makes a part.
  public init(dtype: DType, rows: Int, columns: Int, bits: [UInt32]) {
    self.dtype = dtype
    self.rows = rows
    self.columns = columns
    self.bits = bits
  }

  /// One of `count` equal pieces along rows (0) or columns (1).
  func piece(_ index: Int, of count: Int, dim: Int) -> ExchangePart {
    if dim == 0 {
      let height = rows / count
      let first = index * height * columns
      return ExchangePart(
        dtype: dtype, rows: height, columns: columns,
        bits: Array(bits[first..<first + height * columns]))
    }
    let width = columns / count
    var found: [UInt32] = []
    found.reserveCapacity(rows * width)
    for row in 0..<rows {
      let first = row * columns + index * width
      found += bits[first..<first + width]
    }
    return ExchangePart(dtype: dtype, rows: rows, columns: width, bits: found)
  }

  /// Parts of equal shape put together along rows (0) or columns (1).
  static func joined(_ parts: [ExchangePart], dim: Int) -> ExchangePart? {
    guard let first = parts.first else { return nil }
    if dim == 0 {
      return ExchangePart(
        dtype: first.dtype, rows: first.rows * parts.count, columns: first.columns,
        bits: parts.flatMap(\.bits))
    }
    var bits: [UInt32] = []
    bits.reserveCapacity(first.bits.count * parts.count)
    for row in 0..<first.rows {
      for part in parts { bits += part.bits[row * first.columns..<(row + 1) * first.columns] }
    }
    return ExchangePart(
      dtype: first.dtype, rows: first.rows, columns: first.columns * parts.count, bits: bits)
  }
}

/// How a collective puts values together, as `nki.collectives` names it.
public enum ReduceChoice: String, SymbolField {
  case add
  case minimum = "min"
  case maximum = "max"

  /// The values of all parts, float32, in the order of the group.
  func reduced(_ parts: [ExchangePart]) -> ExchangePart? {
    guard var sum = parts.first else { return nil }
    for part in parts.dropFirst() {
      for index in sum.bits.indices {
        let (a, b) = (Float(bitPattern: sum.bits[index]), Float(bitPattern: part.bits[index]))
        let value =
          switch self {
          case .add: a + b
          case .minimum: Swift.min(a, b)
          case .maximum: Swift.max(a, b)
          }
        sum.bits[index] = value.bitPattern
      }
    }
    return sum
  }
}

extension ExchangeOperation {
  /// Yes: rings and collective cores move its operands.
  public static var reachesEverything: Bool { true }
  /// Any queue; Sync by default.
  public static var engines: [Engine] { [.sync, .gpsimd, .scalar, .vector, .tensor] }
  /// Whether parts are values that are added up, not bits that are moved.
  public var reduces: Bool { self is AllReduce || self is ReduceScatter }

  /// One entry of a queue of its own, which completes when all have come.
  public func lower(into emitter: inout Emitter) {
    emitter.emit(
      exchange(emitter.tensors), reads: source.isSet ? [source] : [],
      writes: destination.isSet ? [destination] : [])
  }

  /// What this core gives.
  public func part(from machine: borrowing Machine) throws(Trap) -> ExchangePart? {
    guard source.isSet, !(self is CoreBarrier) else { return nil }
    let dtype = machine.tensors[Int(source.tensor.index)].dtype
    var bits: [UInt32]
    if reduces {
      let tile = try machine.read(source, "src")
      bits = (0..<tile.count).map { tile.elements[$0].bitPattern }
    } else {
      let tile = try machine.readBits(source, "src")
      bits = (0..<tile.count).map { tile.elements[$0] }
    }
    return ExchangePart(
      dtype: dtype, rows: Int(source.rows), columns: source.elementsPerRow, bits: bits)
  }

  /// Stores what this core gets.
  public func store(_ part: ExchangePart, on machine: inout Machine) throws(Trap) {
    guard part.rows == Int(destination.rows), part.columns == destination.elementsPerRow else {
      throw Trap(
        .mismatch,
        "'dst' is \(destination.rows) × \(destination.elementsPerRow), the result "
          + "\(part.rows) × \(part.columns)", operand: "dst",
        remedy: "make 'dst' as large as the group's result")
    }
    if reduces {
      let tile = machine.makeTile(rows: part.rows, columns: part.columns, of: Float.self)
      for index in part.bits.indices { tile.elements[index] = Float(bitPattern: part.bits[index]) }
      try machine.write(tile, to: destination, "dst")
    } else {
      let tile = machine.makeTile(rows: part.rows, columns: part.columns, of: UInt32.self)
      for index in part.bits.indices { tile.elements[index] = part.bits[index] }
      try machine.writeBits(tile, to: destination, "dst")
    }
  }

  /// Alone: all ranks are this one.
  public func execute(on machine: inout Machine) throws(Trap) {
    let exchange = exchange(machine.tensors)
    guard exchange.participants(with: .alone)?.count == 1 else {
      throw Trap(
        .mismatch, "ranks \(exchange.group) take part, and this program runs alone",
        remedy: "run the programs of all ranks together")
    }
    guard let part = try part(from: machine) else { return }
    if let result = result([part], for: 0) { try store(result, on: &machine) }
  }

  /// The rules of all: both operands in one kind of memory, with elements of one type.
  func checkPair(_ check: inout Checker, _ spaces: [MemorySpace]) {
    check.requireSpace(source, "src", spaces)
    check.requireSpace(destination, "dst", spaces)
    check.requireSameType(source, "src", destination, "dst")
    guard source.isSet, destination.isSet else { return }
    let (from, to) = (check.tensor(source).space, check.tensor(destination).space)
    check.require(
      from == to, "dst", "'src' is in \(from.name) and 'dst' in \(to.name)",
      remedy: "put both into hbm or both into sbuf")
  }

  /// The rules of collectives: a group without repetitions, and how much larger `dst` is than `src`.
  ///
  /// The number of ranks is unknown where the group is left out.
  func checkCollective(
    _ check: inout Checker, _ group: [Int], dim: Int = 0, gathers: Bool = false,
    scatters: Bool = false, keeps: Bool = true
  ) {
    checkPair(&check, [.hbm, .sbuf])
    check.require(
      Set(group).count == group.count && group.allSatisfy { (0..<4096).contains($0) }, "group",
      "'group' is \(group)", remedy: "list each rank of the group once")
    check.require(dim == 0 || dim == 1, "dim", "'dim' is \(dim)", remedy: "use 0 (rows) or 1")
    guard source.isSet, destination.isSet else { return }
    let (rows, columns) = (Int(source.rows), source.elementsPerRow)
    let (rowsOut, columnsOut) = (Int(destination.rows), destination.elementsPerRow)
    let along = dim == 0 ? (rows, rowsOut) : (columns, columnsOut)
    let across = dim == 0 ? (columns, columnsOut) : (rows, rowsOut)
    let larger = gathers ? along.1 : along.0
    let smaller = gathers ? along.0 : along.1
    var fits = across.0 == across.1
    if keeps {
      fits = fits && along.0 == along.1
    } else if group.isEmpty {
      fits = fits && smaller > 0 && larger % smaller == 0
    } else {
      fits = fits && larger == smaller * group.count
    }
    check.require(
      fits, "dst",
      "'src' is \(rows) × \(columns) and 'dst' \(rowsOut) × \(columnsOut)",
      remedy: gathers
        ? "'dst' has 'src' once for each rank, along dim"
        : scatters ? "'src' has 'dst' once for each rank, along dim" : "make them equal")
  }

  func bytes(_ tensors: [Tensor]) -> Int {
    source.isSet ? source.elements * tensors[Int(source.tensor.index)].dtype.size : 0
  }
}
