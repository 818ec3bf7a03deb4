import ArgumentParser
import Diagnostics
import Glibc
import Host
import Storage

@main
struct Trnsim: ParsableCommand {
  static func main() {
    guardStandardStreams()
    removePartialFilesOnSignals()
    reportFileSizeLimit()
    // A reader that leaves (`| head`) ends the program in silence, also where the parent ignores the signal.
    signal(SIGPIPE, SIG_DFL)
    do throws(DiagnosticError) {
      try MemoryBudget.checkEnvironment()
    } catch {
      note(error.description)
      exit(withError: Outcome.badInput)
    }
    do {
      try requireCommand(CommandLine.arguments.dropFirst().first)
      var command = try parseAsRoot(withOptionalValues(Array(CommandLine.arguments.dropFirst())))
      try command.run()
    } catch {
      let code = exitCode(for: error)
      // Texts for whoever asked for them, and codes without a text.
      if code == .success || error is ExitCode { exit(withError: error) }
      // What was typed is quoted, and may be anything.
      note(
        fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false)
          .map { printable(String($0)) }.joined(separator: "\n"))
      exit(withError: code)
    }
  }

  /// Fails with a suggestion if the first word is neither an option nor a command.
  private static func requireCommand(_ word: String?) throws {
    let known =
      configuration.subcommands.compactMap { $0.configuration.commandName }.sorted() + ["help"]
    guard let word, !word.hasPrefix("-"), !known.contains(word) else { return }
    throw ValidationError(
      "there is no command '\(word)'\nHelp:  \(remedyForUnknown(word, known: known))")
  }

  static let configuration = CommandConfiguration(
    commandName: "trnsim",
    abstract: "Runs AWS Trainium kernels without a Trainium: their values and their time.",
    discussion: help(
      """
      EXAMPLES
        trnsim run rmsnorm                            a Qwen3 kernel at its default shapes
        trnsim run matmul --param m=1024 --param n=1024 --param k=1024
        trnsim run rmsnorm --param tokens=1 --json    the report for machines
        trnsim run softmax --trace softmax.pftrace.zst
        trnsim open softmax.pftrace.zst               the trace in a browser, from this machine
        trnsim emit rope -o rope.trn                  the kernel's instruction stream as text
        trnsim run rope.trn --set clocks.vector=1.2   a program file on changed hardware
        trnsim compare matmul --vary tile_n=128,256,512 --vary buffers=1..3
        trnsim run qwen3_layer --param phase=decode   a whole decoder layer, operation by operation
        trnsim model qwen3-30b-a3b                    five prompts end to end, and their score
        trnsim demo                                   every kernel of the layer in one table
        trnsim evaluate kernel.py:f --reference ref.py:g --json     right, and how long: for loops
        trnsim kernels matmul                         what can be chosen
        trnsim hardware explain tensor.latency.warm   a number and its source
        trnsim isa nc_matmul                          an operation's reference
        trnsim explain race                           what an error is about, and what helps

      JSON
        --json FILE.json (or --json=FILE) writes a file; --json without a file prints JSON and nothing else.

      EXIT CODES
        0 fine · 1 bad input · 2 the simulated machine faulted · 3 the numeric check failed · 64 usage · 130 interrupted
      """),
    version: toolVersion,
    subcommands: [
      RunCommand.self, CompareCommand.self, CheckCommand.self, UpdateCommand.self, DiffCommand.self,
      SweepCommand.self, ResultsCommand.self, MergeCommand.self, WhatIfCommand.self,
      AdviseCommand.self, AnnotateCommand.self,
      EvaluateCommand.self, MCPCommand.self, DoorsCommand.self,
      ModelCommand.self, KernelsCommand.self, EmitCommand.self, CompileCommand.self,
      ShowCommand.self,
      TraceCommand.self, OpenCommand.self,
      HardwareCommand.self, ISACommand.self, ExplainCommand.self, ReplayCommand.self,
      AccuracyCommand.self, CalibrateCommand.self,
      DemoCommand.self, BenchCommand.self, FuzzCommand.self, WorkerProcess.self,
    ])
}

/// The tool's version: the first line of the file VERSION.
let toolVersion = String(
  decoding: PackageResources.VERSION.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
