public import Device
public import Diagnostics
import ISA
public import Machine

/// A program for each core of a layout, which meet at exchanges.
public struct ProgramSet: Sendable {
  /// The cores.
  public var layout: CoreLayout
  /// By core id.
  public var programs: [Program]

  /// Makes a set.
  public init(layout: CoreLayout, programs: [Program]) {
    precondition(programs.count == layout.count, "\(programs.count) of \(layout.count) programs")
    self.layout = layout
    self.programs = programs
  }

  /// A set of one.
  public init(_ program: Program) { self.init(layout: CoreLayout(), programs: [program]) }

  /// Those of a rank's cores.
  public func programs(of rank: Int) -> ArraySlice<Program> {
    programs[rank * layout.coresPerRank..<(rank + 1) * layout.coresPerRank]
  }

  /// The name of the programs.
  public var name: String { programs.first?.name ?? "" }

  /// HBM tensors that the cores of a rank have in common: by core of the rank, their ids; those with the
  /// same name whose role is not `scratch`.
  public func sharedTensors(of rank: Int) -> [String: [TensorID?]] {
    var found: [String: [TensorID?]] = [:]
    for core in 0..<layout.coresPerRank {
      let program = programs[rank * layout.coresPerRank + core]
      for (index, tensor) in program.tensors.enumerated()
      where tensor.isShared {
        found[tensor.name, default: Array(repeating: nil, count: layout.coresPerRank)][core] =
          TensorID(index)
      }
    }
    return found
  }

  /// By core: the instruction up to which values decide what is executed; 0 on all where they never do.
  ///
  /// Cores that exchange values compute them up to the same exchange.
  public var valueEnds: [Int] {
    let ends = programs.map(\.valuesEnd)
    guard ends.contains(where: { $0 > 0 }) else { return ends }
    let exchanges = programs.map { program in
      program.instructions.indices.filter {
        program.instructions[$0].operation is any ExchangeOperation
      }
    }
    let common = zip(ends, exchanges).map { end, places in places.count { $0 < end } }.max() ?? 0
    return zip(ends, exchanges).map { end, places in
      common > 0 && common <= places.count ? max(end, places[common - 1] + 1) : end
    }
  }

  /// What is wrong between the programs; each program's own faults are found by its own check.
  public func check() -> [Diagnostic] {
    var findings: [Diagnostic] = []
    if layout.ranks < 1 || !(1...2).contains(layout.coresPerRank) {
      findings.append(
        Diagnostic(
          .error, "\(layout.ranks) ranks of \(layout.coresPerRank) cores",
          remedy: "a rank has 1 or 2 cores"))
      return findings
    }
    for rank in 0..<layout.ranks {
      for (name, ids) in sharedTensors(of: rank).sorted(by: { $0.key < $1.key }) {
        let tensors = ids.enumerated().compactMap { core, id in
          id.map { programs[rank * layout.coresPerRank + core].tensors[Int($0.index)] }
        }
        guard let first = tensors.first, let last = tensors.last else { continue }
        if first.dtype != last.dtype || first.shape != last.shape {
          findings.append(
            Diagnostic(
              .error,
              "the cores of rank \(rank) share '\(name)', which is \(first.dtype) \(first.shape) on "
                + "core 0 and \(last.dtype) \(last.shape) on core 1", at: last.location,
              remedy: "declare it alike on both"))
        }
      }
    }
    for program in programs
    where layout.count > 1 && program.dependencies == .explicit && program.hasForwardOrder {
      findings.append(
        Diagnostic(
          .error, "'\(program.name)' orders instructions by 'after' that points forward",
          remedy: "programs of several cores run in program order"))
    }
    return findings
  }
}

extension Program {
  /// Whether an instruction comes after one that stands behind it.
  var hasForwardOrder: Bool {
    instructions.enumerated().contains { index, instruction in
      instruction.after.contains { Int($0) > index }
    }
  }
}

extension Tensor {
  /// Whether the cores of a rank that declare a tensor of this name have one memory for it.
  public var isShared: Bool { hasOwnMemory && role != .scratch }
}
