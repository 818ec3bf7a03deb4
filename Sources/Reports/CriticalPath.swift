import Device
package import Diagnostics
import Programs
package import Simulation
package import Timing

/// What the whole time was spent on, and by how much everything else could be late.
package struct CriticalPath: Hashable, Sendable {
  /// Time on the path for one cause.
  package struct Share: Hashable, Sendable {
    /// What it was spent on.
    package var cause: Cause
    /// How long.
    package var time: Picoseconds
  }

  /// Time on the path of one engine or queue at one place of the program.
  package struct Place: Hashable, Sendable {
    /// The engine or queue, as the profiler shows it; empty for what is no one's.
    package var owner: String
    /// The operation with the tensor that it writes.
    package var text: String
    /// Where the operation came from.
    package var location: SourceLocation?
    /// Time on the path.
    package var time: Picoseconds
    /// Instructions and transfers that are on it.
    package var count: Int
    /// What the time was spent on, most first.
    package var causes: [Share]
  }

  /// Time on the path of one source line.
  package struct Line: Hashable, Sendable {
    /// The line; `nil` for what comes from none.
    package var location: SourceLocation?
    /// Time on the path.
    package var time: Picoseconds
  }

  /// Slack of what one engine or queue did.
  package struct Slack: Hashable, Sendable {
    /// The engine or queue, as the profiler shows it.
    package var owner: String
    /// Instructions or transfers.
    package var count: Int
    /// How many of them have no slack.
    package var critical: Int
    /// The least slack of those that have some; 0 if none has.
    package var least: Picoseconds
    /// Their median slack.
    package var median: Picoseconds
  }

  /// The whole time.
  package let total: Picoseconds
  /// The path itself: intervals that follow each other, with whose time they are.
  let intervals: [CausedInterval]
  /// By cause, most first.
  package let causes: [Share]
  /// By engine or queue, most first.
  package let owners: [(name: String, time: Picoseconds)]
  /// By place, most first.
  package let places: [Place]
  /// By source line, most first.
  package let lines: [Line]
  /// By engine and queue, in their order; of several cores of the one that completed last.
  package let slack: [Slack]

  package static func == (left: CriticalPath, right: CriticalPath) -> Bool {
    left.total == right.total && left.causes == right.causes && left.places == right.places
      && left.slack == right.slack
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(total)
    hasher.combine(causes)
    hasher.combine(places)
  }

  /// Measures why a run took its time.
  package init(_ run: Run, _ found: Causes) {
    let path = found.criticalPath()
    total = path.reduce(0) { $0 + $1.duration }
    intervals = path
    var names = LifeNames(run)
    var byCause: [Cause: Picoseconds] = [:]
    var byOwner: [String: Picoseconds] = [:]
    var byPlace: [Key: Sum] = [:]
    var byLine: [SourceLocation?: Picoseconds] = [:]
    for piece in path {
      byCause[piece.cause, default: 0] += piece.duration
      let name = piece.causer.map { names.name(of: $0) }
      byOwner[name?.owner ?? "", default: 0] += piece.duration
      byLine[name?.location, default: 0] += piece.duration
      let key = Key(
        owner: name?.owner ?? "", opcode: name?.opcode, location: name?.location)
      // In place: a copy of a sum is one of all its lives.
      byPlace[key, default: Sum()].add(piece)
    }
    causes = CriticalPath.sorted(byCause)
    owners = byOwner.map { (name: $0.key, time: $0.value) }
      .sorted { ($1.time, $0.name) < ($0.time, $1.name) }
    lines = byLine.map { Line(location: $0.key, time: $0.value) }
      .sorted {
        ($1.time, $0.location?.description ?? "") < ($0.time, $1.location?.description ?? "")
      }
    places = byPlace.map { key, sum in
      Place(
        owner: key.owner, text: sum.longest.map { names.text(of: $0) } ?? "",
        location: key.location, time: sum.time, count: sum.lives.count,
        causes: CriticalPath.sorted(sum.causes))
    }.sorted {
      ($1.time, $0.owner, $0.text, $0.location?.description ?? "")
        < ($0.time, $1.owner, $1.text, $1.location?.description ?? "")
    }
    slack = CriticalPath.slack(found, run, &names)
  }

  private struct Key: Hashable {
    var owner: String
    var opcode: DeviceOpcode?
    var location: SourceLocation?
  }

  private struct Sum {
    var time: Picoseconds = 0
    var lives: Set<Life> = []
    var causes: [Cause: Picoseconds] = [:]
    var longest: Life?
    var longestTime: Picoseconds = -1

    mutating func add(_ piece: CausedInterval) {
      time += piece.duration
      causes[piece.cause, default: 0] += piece.duration
      guard let life = piece.causer else { return }
      lives.insert(life)
      if piece.duration > longestTime {
        longest = life
        longestTime = piece.duration
      }
    }
  }

  private static func sorted(_ times: [Cause: Picoseconds]) -> [Share] {
    times.map { Share(cause: $0.key, time: $0.value) }
      .sorted { ($1.time, $0.cause.rawValue) < ($0.time, $1.cause.rawValue) }
  }

  private static func slack(_ causes: Causes, _ run: Run, _ names: inout LifeNames) -> [Slack] {
    let core = run.slowest
    let (instructions, transfers) = causes.slack()
    var byOwner: [String: [Picoseconds]] = [:]
    var order: [String] = []
    func add(_ owner: String, _ time: Picoseconds) {
      if byOwner[owner] == nil { order.append(owner) }
      byOwner[owner, default: []].append(time)
    }
    let device = run.cores[core].device
    for engine in Engine.allCases {
      for (index, time) in instructions[core].enumerated()
      where device?.instructions[index].engine == engine {
        add(engine.displayName, time)
      }
    }
    for (index, time) in transfers[core].enumerated() {
      add(names.queue(of: index, core), time)
    }
    return order.map { owner in
      let times = byOwner[owner] ?? []
      let others = times.filter { $0 > 0 }.sorted()
      return Slack(
        owner: owner, count: times.count, critical: times.count - others.count,
        least: others.first ?? 0, median: others.isEmpty ? 0 : others[others.count / 2])
    }
  }
}

/// What instructions and transfers are called.
struct LifeNames {
  /// One of them.
  struct Name {
    /// The engine or queue, as the profiler shows it.
    var owner: String
    var opcode: DeviceOpcode?
    /// Index of its program instruction; -1 for none.
    var source: Int
    var location: SourceLocation?
  }

  private let run: Run
  private let triggers: [[Int32]]

  init(_ run: Run) {
    self.run = run
    triggers = run.cores.map { $0.device?.triggers ?? [] }
  }

  /// The queue of a transfer, as the profiler shows it.
  func queue(of transfer: Int, _ core: Int) -> String {
    guard let device = run.cores[core].device else { return "" }
    let queue = Int(device.transfers[transfer].queue)
    return device.queues.indices.contains(queue) ? device.queues[queue] : "queue \(queue)"
  }

  func name(of life: Life) -> Name {
    let core = run.cores[life.core]
    let prefix =
      run.layout.count > 1 ? "\(run.layout.places[life.core].description) " : ""
    let index: Int
    let owner: String
    switch life.subject {
    case .instruction(let instruction):
      index = instruction
      owner = core.device?.instructions[instruction].engine.displayName ?? ""
    case .transfer(let transfer):
      index = Int(triggers[life.core][transfer])
      owner = queue(of: transfer, life.core)
    }
    let instruction = index >= 0 ? core.device?.instructions[index] : nil
    let source = Int(instruction?.source ?? -1)
    let isKnown = core.program.instructions.indices.contains(source)
    return Name(
      owner: prefix + owner, opcode: instruction?.opcode, source: source,
      location: isKnown ? core.program.instructions[source].location : nil)
  }

  /// The operation with the tensor that it writes.
  func text(of life: Life) -> String {
    let name = name(of: life)
    return run.cores[life.core].program.shortText(name.source) ?? name.opcode?.name ?? ""
  }
}

extension Cause {
  /// What texts call it.
  package var displayName: String {
    switch self {
    case .launch: "launch"
    case .work: "work"
    case .peClock: "cold PE clock"
    case .weightLoad: "weight loads"
    case .tableLoad: "table loads"
    case .engineBusy: "engine busy"
    case .queueOrder: "queue order"
    case .queueDepth: "full queue"
    case .dispatch: "dispatch"
    case .semaphore: "semaphores"
    case .dmaIssue: "DMA starts"
    case .descriptorGeneration: "descriptor generation"
    case .ringWait: "waiting for DMA rings"
    case .ring: "DMA rings"
    case .hbm: "HBM bandwidth"
    case .firstRead: "first reads of HBM"
    case .completion: "DMA completion"
    case .exchange: "other cores"
    case .spill: "spilling"
    case .given: "given times"
    case .unexplained: "unexplained"
    }
  }

  /// The key in reports for machines.
  package var key: String {
    switch self {
    case .peClock: "pe_clock"
    case .hbm: "hbm"
    case .dmaIssue: "dma_start"
    default: String(describing: self).snakeCased
    }
  }
}

extension String {
  fileprivate var snakeCased: String {
    reduce(into: "") { text, character in
      if character.isUppercase { text += "_" }
      text += character.lowercased()
    }
  }
}

// MARK: - Views

extension CriticalPath {
  /// For machines, with the text for people.
  package func document(on page: Page) -> JSON {
    json.adding("text", .string(PathSection(self).blocks.text(on: page)))
  }

  /// For machines; times are in seconds.
  var json: JSON {
    func seconds(_ time: Picoseconds) -> JSON { .real(Double(time) / 1e12) }
    func byCause(_ shares: [Share]) -> JSON {
      .object(
        Dictionary(shares.map { ($0.cause.key, seconds($0.time)) }, uniquingKeysWith: { $1 }))
    }
    return .object([
      "time": seconds(total),
      "causes": byCause(causes),
      "owners": .object(
        Dictionary(owners.map { ($0.name, seconds($0.time)) }, uniquingKeysWith: { $1 })),
      "places": .array(
        places.prefix(20).map { place in
          .object([
            "owner": .string(place.owner), "instruction": .string(place.text),
            "location": place.location.map { .string($0.description) } ?? .null,
            "time": seconds(place.time), "count": .integer(place.count),
            "causes": byCause(place.causes),
          ])
        }),
      "lines": .array(
        lines.map { line in
          .object([
            "location": line.location.map { .string($0.description) } ?? .null,
            "time": seconds(line.time),
          ])
        }),
      "slack": .array(
        slack.map { slack in
          .object([
            "owner": .string(slack.owner), "count": .integer(slack.count),
            "critical": .integer(slack.critical), "least": seconds(slack.least),
            "median": seconds(slack.median),
          ])
        }),
    ])
  }
}
