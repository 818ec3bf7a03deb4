import ArgumentParser
import Diagnostics
import Hardware
import Reports
import Storage

struct HardwareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hardware",
    abstract: "Show, explain or check hardware configurations.",
    subcommands: [Show.self, Explain.self, Check.self], defaultSubcommand: Show.self)

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the values, or one section's.",
      discussion: help(
        """
        EXAMPLES
          trnsim hardware show
          trnsim hardware show dma --hardware trn1
          trnsim hardware show --json
        """))
    @Argument(help: "A section, such as clocks, tensor or dma.")
    var section: String?
    @Option(
      help: ArgumentHelp(
        "Write all values with their units and sources as JSON; '-' prints them.",
        valueName: "file|-"))
    var json: String?
    @OptionGroup var hardware: HardwareOptions

    func validate() throws {
      if json != nil && section != nil { throw ValidationError("--json has all sections") }
    }

    func run() throws {
      try reporting {
        let loaded = try hardware.load()
        guard let json else { return trnsim.show(try loaded.show(section: section)) }
        let text = JSON(loaded).text()
        if json == "-" { return print(text) }
        try writeAtomically(Array(text.utf8), to: json)
      }
    }
  }

  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a value's meaning, unit and source; without a path, all assumed values.",
      discussion: help(
        """
        EXAMPLES
          trnsim hardware explain tensor.latency.warm
          trnsim hardware explain dma
          trnsim hardware explain
        """))
    @Argument(
      help: "A value or a group of values.",
      completion: Completions.kind { words, _ in Completions.values(words) })
    var path: String?
    @OptionGroup var hardware: HardwareOptions

    func run() throws {
      try reporting {
        let loaded = try hardware.load()
        show(try path.map { try loaded.explain($0) } ?? loaded.assumed())
      }
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check configuration files.",
      discussion: help(
        """
        EXAMPLES
          trnsim hardware check mine.yaml
        """))
    @Argument(help: "Configuration files.")
    var files: [String]

    func run() throws {
      try reporting {
        let findings = files.flatMap { Hardware.check(path: $0) }
        guard findings.isEmpty else { throw DiagnosticError(findings) }
        for file in files { print("\(printable(file)): no errors") }
      }
    }
  }
}
