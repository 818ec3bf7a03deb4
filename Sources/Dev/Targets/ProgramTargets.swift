import Device
import Diagnostics
import Hardware
import ISA
import Machine
import Programs

/// Random programs of every operation and field, and their damaged files: both forms read back to the same.
package struct FormsTarget: FuzzTarget {
  package static let name = "forms"
  package static let summary =
    "random programs of all operations as text and binary, and their damaged files"

  private let fuzzer: ProgramFuzzer

  package init(_ place: FuzzPlace) throws {
    fuzzer = ProgramFuzzer(geometry: Geometry(try Hardware.load(named: "trn2")))
  }

  package func run(_ fuzz: FuzzCase) {
    let result = fuzzer.run(caseSeed: fuzz.seed())
    for failure in result.failures {
      if !failure.input.isEmpty { fuzz.feed(failure.input, "input.trn") }
      fuzz.fail(failure.message)
    }
    for _ in 0..<result.inputs { fuzz.reach("read") }
    for _ in 0..<result.accepted { fuzz.reach("accepted") }
  }
}

/// Reads a changed program as users do, and drives what is one.
private func drive(
  _ bytes: [UInt8], _ name: String, _ drive: ProgramDrive, _ fuzz: FuzzCase
) {
  fuzz.feed(bytes, name)
  let program: Program
  do throws(DiagnosticError) {
    program = try ProgramFile.decode(
      bytes, file: name, options: ParseOptions(ownPlaces: fuzz.random.once(in: 2)))
  } catch {
    fuzz.requireTold(error, "read")
    return fuzz.reach("refused by the reader")
  }
  fuzz.reach("read")
  do throws(DiagnosticError) {
    let again = try Program(
      utf8: Array(program.text.utf8), file: name, options: ParseOptions(ownPlaces: false))
    if let difference = program.difference(from: again) {
      fuzz.fail("its text is another program: \(difference)")
    }
    let other = try ProgramFile.decode(program.records, file: name)
    if let difference = program.difference(from: other) {
      fuzz.fail("its binary form is another program: \(difference)")
    }
  } catch {
    fuzz.fail("its own forms are refused: \(error)")
  }
  drive.drive(ProgramSet(program), fuzz)
}

/// Texts of programs that run, changed by words, numbers and lines.
package struct TextTarget: FuzzTarget {
  package static let name = "text"
  package static let summary = "changed texts of programs, run and reported"

  private let texts: [[UInt8]]
  private let lines: [[UInt8]]
  private let programs: ProgramDrive

  package init(_ place: FuzzPlace) throws {
    texts = try ProgramCorpus(place).programs.map { Array($0.text.utf8) }
    lines = texts.flatMap { $0.split(separator: 0x0A).map(Array.init) }
    programs = try ProgramDrive()
  }

  package func run(_ fuzz: FuzzCase) {
    let text = fuzz.random.pick(texts)
    var mutation = TextMutation(random: SeededGenerator(seed: fuzz.seed()), lines: lines)
    // Every program of the corpus also as it is.
    let changed = fuzz.number < texts.count ? texts[fuzz.number] : mutation.mutate(text)
    drive(changed, "input.trn", programs, fuzz)
  }
}

/// Binary records of programs that run, changed by bytes.
package struct BinaryTarget: FuzzTarget {
  package static let name = "binary"
  package static let summary = "changed binary forms of programs, run and reported"

  private let records: [[UInt8]]
  private let programs: ProgramDrive

  package init(_ place: FuzzPlace) throws {
    records = try ProgramCorpus(place).programs.map(\.records)
    programs = try ProgramDrive()
  }

  package func run(_ fuzz: FuzzCase) {
    var bytes = fuzz.random.pick(records)
    if fuzz.random.once(in: 3) {
      var mutation = Mutation(random: SeededGenerator(seed: fuzz.seed()))
      bytes = mutation.mutate(bytes, isText: false)
    } else {
      // One byte of an instruction or a tensor most often leaves a program.
      let inside = BinaryTarget.contents(bytes)
      for _ in 0..<fuzz.random.pick([1, 1, 2, 3]) where !inside.isEmpty {
        let place = fuzz.random.pick(inside)
        bytes[place] =
          fuzz.random.once(in: 2)
          ? bytes[place] &+ UInt8(fuzz.random.pick([1, 2, 255, 254, 4, 128]))
          : UInt8(fuzz.random.pick([0, 1, 2, 3, 4, 8, 16, 31, 32, 64, 127, 128, 255]))
      }
    }
    drive(bytes, "input.bin", programs, fuzz)
  }

  /// Places of bytes within records of instructions and tensors.
  private static func contents(_ bytes: [UInt8]) -> [Int] {
    var found: [Int] = []
    // The magic and a version of one byte.
    var at = 9
    while at < bytes.count {
      let kind = bytes[at]
      at += 1
      var (length, shift) = (0, 0)
      repeat {
        length |= Int(bytes[at] & 0x7F) << shift
        shift += 7
        at += 1
      } while bytes[at - 1] >= 0x80
      if kind == 7 || kind == 4 { found += at..<at + length }
      at += length
    }
    return found
  }
}

/// Programs that are right: they must run, whoever orders and places them.
package struct RunnableTarget: FuzzTarget {
  package static let name = "programs"
  package static let summary = "random programs that run, full of hazards, through every pass"

  private let programs: ProgramDrive
  private let geometry: Geometry

  package init(_ place: FuzzPlace) throws {
    programs = try ProgramDrive()
    geometry = Geometry(try Hardware.load(named: "trn1"))
  }

  package func run(_ fuzz: FuzzCase) {
    var generator = RunnableGenerator(
      seed: fuzz.seed(), geometry: geometry, handsOn: fuzz.random.once(in: 2))
    var program = generator.program(instructions: fuzz.random.pick(1...30))
    if fuzz.random.once(in: 2) {
      // Tensors apart, as the compiler gets them.
      for index in program.tensors.indices { program.tensors[index].place = nil }
    }
    fuzz.feed(Array(program.text.utf8), "input.trn")
    programs.drive(ProgramSet(program), fuzz, mustRun: true)
  }
}

/// Programs of two cores that send each other tiles and share tensors.
package struct CoresTarget: FuzzTarget {
  package static let name = "cores"
  package static let summary = "programs of several cores that meet, in order and out of it"

  private let programs: ProgramDrive
  private let geometry: Geometry

  package init(_ place: FuzzPlace) throws {
    programs = try ProgramDrive()
    geometry = Geometry(try Hardware.load(named: "trn2"))
  }

  package func run(_ fuzz: FuzzCase) {
    let layout = CoreLayout(
      ranks: fuzz.random.pick([1, 1, 2, 3]), coresPerRank: fuzz.random.pick([1, 2, 2]))
    var set = ProgramSet(
      layout: layout,
      programs: (0..<layout.count).map { _ in
        var generator = RunnableGenerator(seed: fuzz.seed(), geometry: geometry)
        return generator.program(instructions: fuzz.random.pick(1...8))
      })
    for meeting in 0..<fuzz.random.pick(1...3) { meet(&set, meeting, fuzz) }
    for (index, program) in set.programs.enumerated() {
      fuzz.feed(Array(program.text.utf8), "input.\(index).trn")
    }
    programs.drive(set, fuzz)
  }

  /// Adds one exchange to every program, most often of the same kind and before the stores.
  private func meet(_ set: inout ProgramSet, _ number: Int, _ fuzz: FuzzCase) {
    let words = [
      "sendrecv dst=tile0[0:32, 0:8] src=tile1[0:32, 0:8] send_to_rank=1 recv_from_rank=1 pipe_id=0",
      "sendrecv dst=tile0[0:32, 0:8] src=tile1[0:32, 0:8] send_to_rank=1 recv_from_rank=1 pipe_id=0 dma_engine=gpsimd_dma",
      "core_barrier data=scratch_float32", "core_barrier data=in_float32",
      "all_reduce dst=scratch_float32 src=in_float32 op=add",
      "all_gather dst=scratch_float32 src=in_float32[0:64, :]",
      "reduce_scatter dst=scratch_float32[0:64, :] src=in_float32 op=add",
      "all_to_all dst=scratch_float32 src=in_float32",
      "collective_permute dst=scratch_float32 src=in_float32",
    ]
    let word = fuzz.random.pick(words)
    for index in set.programs.indices where !fuzz.random.once(in: 24) {
      let core = index % set.layout.coresPerRank
      let mine = (fuzz.random.once(in: 24) ? fuzz.random.pick(words) : word)
        .replacing("rank=1", with: "rank=\(fuzz.random.once(in: 24) ? core : 1 - core)")
      // Read as its text, with the tensors of its program.
      var lines = set.programs[index].text.split(separator: "\n").map(String.init)
      guard let last = lines.lastIndex(where: { !$0.hasPrefix("dma_copy") && !$0.hasPrefix("  ") })
      else {
        continue
      }
      lines.insert(mine, at: min(lines.count, last + 1 + number))
      guard
        let program = try? Program(text: lines.joined(separator: "\n") + "\n", file: "core")
      else {
        fuzz.reach("no exchange")
        continue
      }
      set.programs[index] = program
      fuzz.reach("exchanges")
    }
  }
}
