import Device
import Diagnostics
import ISA
public import Machine
public import Programs

extension Program {
  /// The order in which instructions can execute one after the other, or `nil` for program order.
  ///
  /// Engines keep program order and `after` may point forward, so an explicit program's own order
  /// need not be possible.
  /// - Throws: a deadlock that says, for every engine, who waits for whom.
  public func executionOrder() throws(Trap) -> [Int]? {
    guard dependencies == .explicit else { return nil }
    let forward = instructions.indices.contains { index in
      instructions[index].after.contains { Int($0) >= index }
    }
    guard forward else { return nil }
    var queues: [[Int]] = Array(repeating: [], count: Engine.allCases.count)
    for index in instructions.indices {
      queues[Int(instructions[index].resolvedEngine.rawValue)].append(index)
    }
    var heads = Array(repeating: 0, count: queues.count)
    var done = Array(repeating: false, count: instructions.count)
    var order: [Int] = []
    order.reserveCapacity(instructions.count)
    var moved = true
    while moved {
      moved = false
      for engine in queues.indices {
        while heads[engine] < queues[engine].count {
          let index = queues[engine][heads[engine]]
          guard instructions[index].after.allSatisfy({ done[Int($0)] }) else { break }
          done[index] = true
          order.append(index)
          heads[engine] += 1
          moved = true
        }
      }
    }
    if order.count == instructions.count { return order }
    throw deadlock(queues: queues, heads: heads, done: done)
  }

  private func deadlock(queues: [[Int]], heads: [Int], done: [Bool]) -> Trap {
    let waiting = queues.indices.filter { heads[$0] < queues[$0].count }
    var trap = Trap(
      .deadlock, "\(waiting.count) engine(s) wait for each other and none can go on",
      remedy: "an 'after' must not point to an instruction that waits, directly or not, for it")
    for engine in waiting {
      let index = queues[engine][heads[engine]]
      let missing = instructions[index].after.filter { !done[Int($0)] }.map { other in
        "\(describe(Int(other))) on \(instructions[Int(other)].resolvedEngine.displayName)"
      }
      let name = Engine.allCases[engine].displayName
      trap.notes.append(
        "\(name) is at \(describe(index)) and waits for \(missing.joined(separator: ", "))")
      if trap.instruction == nil {
        trap.instruction = index
        trap.location = instructions[index].location
      }
    }
    for engine in queues.indices where heads[engine] >= queues[engine].count {
      trap.notes.append("\(Engine.allCases[engine].displayName) has finished")
    }
    trap.waits = waits(queues: queues, heads: heads, done: done)
    return trap
  }

  private func waits(queues: [[Int]], heads: [Int], done: [Bool]) -> WaitGraph {
    var graph = WaitGraph(members: [], waits: [])
    for engine in queues.indices {
      let name = Engine.allCases[engine].displayName
      guard heads[engine] < queues[engine].count else {
        graph.members.append(WaitGraph.Member(name))
        continue
      }
      let index = queues[engine][heads[engine]]
      graph.members.append(
        WaitGraph.Member(
          name, at: index, text: instructionText(index), location: instructions[index].location))
      for other in instructions[index].after where !done[Int(other)] {
        graph.waits.append(
          WaitGraph.Wait(
            of: engine, for: Int(instructions[Int(other)].resolvedEngine.rawValue),
            describe(Int(other))))
      }
    }
    return graph
  }

  /// An instruction's label, or its index and operation.
  func describe(_ index: Int) -> String {
    let instruction = instructions[index]
    let name = Swift.type(of: instruction.operation).name
    let place = instruction.location.map { " at \($0)" } ?? ""
    return "instruction \(index) ('\(instruction.label ?? name)')\(place)"
  }
}
