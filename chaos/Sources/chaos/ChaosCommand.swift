import ArgumentParser

/// The fault matrix's command line. `scripts/chaos.sh` builds, starts a private PostgreSQL, and calls it.
@main
struct ChaosCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Breaks a real Penstock under load in every way of the matrix, and counts the results.",
    subcommands: [RunCommand.self, BrokerCommand.self])
}
