import Hardware
import Machine
import Programs
import Testing

@testable import Compiler

/// Where tiles get their memory: the place that has been free for longest, packed only where that leaves no room.
struct PlacementTests {
  /// A tile of 64-byte units, with the first and the last instruction that touches it.
  private struct Tile {
    var units: Int
    var first: Int
    var last: Int

    init(_ units: Int, _ first: Int, _ last: Int) {
      (self.units, self.first, self.last) = (units, first, last)
    }
  }

  /// First units of tiles in memory of `capacity` units.
  private func places(
    _ tiles: [Tile], _ capacity: Int, _ policy: AllocationPolicy = .rotate
  ) throws -> [Int] {
    var text = "trnsim program 1\nkernel k\ndependencies derived\n"
    for (index, tile) in tiles.enumerated() {
      text += "tensor t\(index): sbuf float32 [128, \(16 * tile.units)]\n"
    }
    for moment in 0...(tiles.map(\.last).max() ?? 0) {
      // One instruction at a time touches all that begins or ends then.
      let now = tiles.indices.filter { tiles[$0].first == moment || tiles[$0].last == moment }
      let names = (now + now + now).prefix(3).map { "t\($0)[:, 0:1]" }
      if now.isEmpty {
        text += "register_move dst=r0 src=0\n"
      } else {
        text += "tensor_tensor dst=\(names[0]) data1=\(names[1]) data2=\(names[2]) op=add\n"
      }
    }
    let program = try Program(text: text, file: "k.trn")
    let hardware = try Hardware.load("trn2")
    var limits = MemoryLimits(hardware)
    limits.sbufBytes = 64 * capacity
    var draft = Draft(program, TargetMachine(hardware, limits: limits))
    try Placement.run(&draft, policy: policy, keepsTensors: false)
    return draft.program(keepsScopes: true).tensors.map { $0.address / 64 }
  }

  @Test func whatWaitsForOthersStillDoes() throws {
    let text = """
      trnsim program 1
      kernel k
      dependencies derived
      tensor a: sbuf float32 [128, 16]
      tensor b: sbuf float32 [128, 16]
      memset dst=a value=1
      memset dst=b value=2 after=[0]
      """
    for schedule in Schedule.allCases {
      var options = CompilerOptions()
      options.schedule = schedule
      let compiled = try Compiler.compile(
        try Program(text: text, file: "k.trn"), on: try Hardware.load("trn2"), options: options)
      #expect(compiled.program.instructions.map(\.after) == [[], [0]])
      #expect(compiled.program.tensors.allSatisfy { $0.place != nil })
    }
  }

  @Test func aPointerRunsAroundTheMemory() throws {
    let oneByOne = (0..<6).map { Tile(1, $0, $0) }
    #expect(try places(oneByOne, 4) == [0, 1, 2, 3, 0, 1])
    #expect(try places(oneByOne, 4, .firstFit) == [0, 0, 0, 0, 0, 0])
    #expect(try places(oneByOne, 6, .infinite) == [0, 1, 2, 3, 4, 5])
  }

  @Test func withoutRegardToCapacityTensorsArePackedIntoAsMuchAsTheyNeed() throws {
    #expect(try places((0..<6).map { Tile(1, $0, $0) }, 4, .infinite) == [0, 0, 0, 0, 0, 0])
    #expect(try places((0..<6).map { Tile(1, $0, $0 + 6) }, 4, .infinite) == [0, 1, 2, 3, 4, 5])
  }

  @Test func whatHasBeenFreeForLongestComesBeforePacking() throws {
    // A pointer would be at 2 when the fourth tile, which stays, comes, and would leave no room for three.
    let tiles = [
      Tile(1, 0, 1), Tile(3, 1, 1), Tile(2, 2, 2), Tile(1, 3, 7), Tile(3, 4, 4), Tile(3, 5, 5),
      Tile(1, 6, 6),
    ]
    // It goes to 4, which nothing has used; the last one to 3, since 0 to 2 were in use until just before.
    #expect(try places(tiles, 5) == [0, 1, 0, 4, 0, 0, 3])
    #expect(try places(tiles, 5, .firstFit) == [0, 1, 0, 0, 1, 1, 1])
  }

  @Test func packingIsTheLastResort() throws {
    // Spread out, the long tiles leave no gap of three.
    let tiles = [Tile(1, 0, 0), Tile(1, 1, 9), Tile(1, 2, 9), Tile(3, 3, 9)]
    #expect(try places(tiles, 5) == [0, 0, 1, 2])
    #expect(throws: NoRoom.self) { try places(tiles + [Tile(1, 4, 9)], 5) }
  }

  @Test func whatComesAndGoesRotatesAroundWhatIsKept() throws {
    // Behind the first three, the tiles that stay would leave no gap of five units; packed, the last three would have one unit.
    let kept = [Tile(1, 3, 600), Tile(1, 4, 600), Tile(5, 5, 600)]
    let passing = [Tile(1, 10, 10), Tile(1, 11, 11), Tile(1, 12, 12)]
    let tiles = (0..<3).map { Tile(1, $0, $0) } + kept + passing
    #expect(try places(tiles, 9) == [0, 1, 2, 0, 1, 2, 7, 8, 7])
    #expect(try places(tiles, 9, .firstFit) == [0, 0, 0, 0, 1, 2, 7, 7, 7])
  }

  @Test func aLargeTileThatComesLateHasItsPlaceBeforeSmallOnes() throws {
    // Behind the first tile, the one that stays would leave three units on each side.
    let tiles = [Tile(3, 0, 4), Tile(2, 1, 9), Tile(5, 5, 9)]
    #expect(try places(tiles, 8) == [0, 5, 0])
    #expect(try places(tiles, 8, .firstFit) == [0, 5, 0])
  }

  @Test func whatALoopTouchesLivesThroughout() throws {
    let text = """
      trnsim program 1
      kernel k
      dependencies derived
      tensor a: sbuf float32 [128, 16]
      tensor b: sbuf float32 [128, 16]
      memset dst=a value=1.0 engine=vector
      loop var=r0 start=0 stop=4 step=1
      tensor_copy dst=a src=a
      memset dst=b value=2.0 engine=vector
      end_loop
      """
    let program = try Program(text: text, file: "k.trn")
    let draft = Draft(program, TargetMachine(try Hardware.load("trn2")))
    // From the instruction before the loop, which may hand over to the first pass, to its end.
    #expect(draft.lifetimes() == [0...4, 0...4])
  }
}
