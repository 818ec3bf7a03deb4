import ArgumentParser
import Diagnostics
import Storage
import Sweeps

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Put the shards of a sweep into one store.",
    discussion: help(
      """
      The stores must be of the same sweep and version. A result that several have must be equal in
      them, and counts once; merging a store twice changes nothing.

      EXAMPLES
        trnsim merge tiles.sqlite shard-*.sqlite
      """))

  @Argument(help: "The store to merge into; made if it is missing.")
  var target: String
  @Argument(help: ArgumentHelp("The shards' stores.", valueName: "store"))
  var shards: [String]

  func run() throws {
    try reporting {
      var uses = FileUses()
      for shard in shards { uses.reads(shard, as: "a store that is merged") }
      uses.writes(target, as: "the merged store")
      try uses.check()
      // The first shard says what the store is of.
      guard let first = shards.first else { return }
      let identity = try Store(reading: first).identities()
      for other in shards.dropFirst() { _ = try Store(reading: other) }
      let results = try Store(target, for: identity)
      var added = 0
      for shard in shards { added += try results.merge(shard) }
      print("\(added) results added, \(try results.count()) in \(printable(target))")
    }
  }
}
