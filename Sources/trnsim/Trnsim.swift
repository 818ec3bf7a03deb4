import ArgumentParser

@main
struct Trnsim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trnsim", abstract: "Runs AWS Trainium kernels without a Trainium.")
}
