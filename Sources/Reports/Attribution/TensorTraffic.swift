import Device
package import Diagnostics
import Formats
import ISA
package import Machine
import Programs

/// What DMAs moved out of and into each tensor, and which bytes of HBM they read more than once.
package struct TensorTraffic: Sendable {
  /// A way between memories.
  package struct Way: Hashable, Sendable {
    /// Its name in texts, such as `HBM to SBUF`.
    package var name: String
    /// The key in reports for machines.
    package var key: String
    /// DMAs.
    package var count = 0
    /// Their payload.
    package var bytes = 0
  }

  /// A tensor in HBM, or the tensors of one name on chip.
  package struct Use: Hashable, Sendable {
    /// The name, without the numbers of tensors that loops and pools make.
    package var name: String
    /// Where it is.
    package var space: MemorySpace
    /// What it is to the caller.
    package var role: Tensor.Role
    /// Tensors of the name.
    package var count = 0
    /// Bytes of all of them.
    package var size = 0
    /// DMAs that read it.
    package var reads = 0
    /// Bytes that they read.
    package var readBytes = 0
    /// Bytes of it that were read at least once; `nil` where that is known at run time alone, and on chip.
    package var distinctBytes: Int?
    /// DMAs that wrote it.
    package var writes = 0
    /// Bytes that they wrote.
    package var writtenBytes = 0
    /// Where it was declared.
    package var location: SourceLocation?

    /// Bytes that had been read before; `nil` where that is not known.
    package var rereadBytes: Int? { distinctBytes.map { readBytes - $0 } }
  }

  /// Those that DMAs touched, most bytes first.
  package private(set) var uses: [Use] = []
  /// Ways that were used, most bytes first.
  package private(set) var ways: [Way] = []

  /// Measures a core.
  init(_ program: Program, _ device: DeviceProgram) {
    var collector = Collector(program)
    for instruction in device.instructions {
      guard case .trigger(let transfer) = instruction.work else { continue }
      collector.add(device.transfers[Int(transfer)], Int(instruction.source))
    }
    uses = collector.found.sorted {
      ($1.readBytes + $1.writtenBytes, $0.space.rawValue, $0.name)
        < ($0.readBytes + $0.writtenBytes, $1.space.rawValue, $1.name)
    }
    ways = collector.ways.values.sorted { ($1.bytes, $0.key) < ($0.bytes, $1.key) }
  }

  private struct Collector {
    let program: Program
    let groups: TensorGroups
    var uses: [Int: Use] = [:]
    var touched: [Int: TouchedElements] = [:]
    /// Patterns that are in `touched`: loops read the same again.
    var known: Set<AccessPattern> = []
    /// Groups of which rows are chosen at run time.
    var chosen: Set<Int> = []
    var ways: [String: Way] = [:]

    init(_ program: Program) {
      self.program = program
      groups = TensorGroups(program)
    }

    var found: [Use] {
      uses.map { group, use in
        var use = use
        if use.space == .hbm, use.reads > 0, !chosen.contains(group) {
          use.distinctBytes = touched[group].map { $0.count * elementSize(group) } ?? 0
        }
        return use
      }
    }

    private func elementSize(_ group: Int) -> Int {
      let tensor = groups.groups.firstIndex(of: group) ?? 0
      return program.tensors[Int(program.owner(of: TensorID(tensor)).index)].dtype.size
    }

    mutating func add(_ transfer: Transfer, _ source: Int) {
      guard program.instructions.indices.contains(source) else { return }
      let operation = program.instructions[source].operation
      if transfer.exchange >= 0 {
        addWay("between cores", "between_cores", transfer.bytes)
        return
      }
      guard Swift.type(of: operation).isDMA else { return }
      let rowNumbers = operation.rowNumbers
      var from: MemorySpace?
      var to: MemorySpace?
      for operand in operation.operands
      where operand.pattern.isSet
        && program.tensors.indices.contains(Int(operand.pattern.tensor.index))
        && !rowNumbers.contains(operand.pattern)
      {
        let tensor = program.tensors[Int(operand.pattern.tensor.index)]
        let bytes = operand.pattern.elements * tensor.dtype.size
        if operand.role == .read {
          from = from == .hbm ? from : tensor.space
          read(operand.pattern, bytes, isChosen: !rowNumbers.isEmpty)
        } else {
          to = tensor.space
          change(operand.pattern.tensor) { use in
            use.writes += 1
            use.writtenBytes += bytes
          }
        }
      }
      guard let from, let to else { return }
      let names = (from.name.uppercased(), to.name.uppercased())
      addWay("\(names.0) to \(names.1)", "\(from.name)_to_\(to.name)", transfer.bytes)
    }

    private mutating func addWay(_ name: String, _ key: String, _ bytes: Int) {
      ways[key, default: Way(name: name, key: key)].count += 1
      ways[key]?.bytes += bytes
    }

    private mutating func read(_ pattern: AccessPattern, _ bytes: Int, isChosen: Bool) {
      let group = change(pattern.tensor) { use in
        use.reads += 1
        use.readBytes += bytes
      }
      let tensor = program.tensors[Int(pattern.tensor.index)]
      guard tensor.space == .hbm else { return }
      if isChosen || pattern.isDynamic {
        chosen.insert(group)
      } else if known.insert(pattern).inserted {
        let owner = program.tensors[Int(program.owner(of: pattern.tensor).index)]
        touched[group, default: TouchedElements()].add(
          pattern, scale: (tensor.dtype.size, owner.dtype.size))
      }
    }

    @discardableResult
    private mutating func change(_ tensor: TensorID, _ body: (inout Use) -> Void) -> Int {
      let group = groups.groups[Int(tensor.index)]
      var use = uses[group] ?? made(group, program.tensors[Int(program.owner(of: tensor).index)])
      body(&use)
      uses[group] = use
      return group
    }

    private func made(_ group: Int, _ tensor: Tensor) -> Use {
      var use = Use(name: groups.names[group], space: tensor.space, role: tensor.role)
      use.count = groups.counts[group]
      use.size = groups.sizes[group]
      use.location = tensor.location
      return use
    }
  }
}
