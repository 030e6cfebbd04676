import ArgumentParser
import FlashSale

/// `penstock proof …`: what tests and the curious do with proofs of work.
struct ProofCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proof", abstract: "Solve a sale's challenge, as a browser does.", subcommands: [Solve.self])

  struct Solve: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "solve", abstract: "Print the X-Proof-Of-Work that solves a challenge.",
      discussion: """
        Takes the challenge of GET /v1/sales/SALE/challenge. It says itself how hard it is: 18 bits take some tenths of
        a second, and each further bit doubles that.

        Exit codes: 0 solved; 64 it is no challenge.

        Example:
          penstock proof solve $(curl -s $API/v1/sales/double11/challenge -H 'X-Buyer-Id: alice' | jq -r .challenge)
        """.flowing)

    @Argument(help: "The challenge.")
    var challenge: String

    func run() throws {
      guard let solution = ProofSolver.solve(challenge) else {
        throw ArgumentParser.ValidationError("\(challenge) is no challenge")
      }
      try StandardOutput.write(line: solution)
    }
  }
}
