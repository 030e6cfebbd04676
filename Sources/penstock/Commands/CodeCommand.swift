import ArgumentParser
import FlashSale
import Foundation
import Time

/// `penstock code …`: access codes, made from a key and without any service.
struct CodeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "code",
    abstract: "Issue access codes for a sale.",
    subcommands: [Issue.self])

  struct Issue: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "issue", abstract: "Make one code, or a batch as CSV.",
      discussion: """
        A code is good for one sale, a time, a number of orders that win with it and, if wanted, one buyer. It is signed
        with the first key of PENSTOCK_CODE_KEYS; intakes that have the key check it without asking anyone. The sale
        needs "codes" in its shaping.

        With --count or --buyers it writes CSV with a header; --buyers - reads standard input, a buyer in each line.

        Exit codes: 0 done; 64 an argument is wrong; 66 a file cannot be read, or the output not written; 78
        configuration.

        Examples:
          penstock code issue --sale double11 --until 2026-11-11T00:10:00+08:00
          penstock code issue --sale double11 --until 2026-11-11T00:10:00Z --count 5000 --uses 2 > codes.csv
          penstock code issue --sale double11 --until 2026-11-11T00:10:00Z --buyers members.txt --buyer-limit 3
        """.flowing)

    @Option(help: "The sale's id.", transform: { try SaleID(validating: $0) })
    var sale: SaleID

    @Option(help: "The first instant at which it is good, as 2026-11-10T16:00:00Z; by default now.", transform: time)
    var from: Timestamp?

    @Option(help: "The first instant at which it is no more good.", transform: time)
    var until: Timestamp

    @Option(help: "Orders that may win with one code.")
    var uses: Int32 = 1

    @Option(help: "The buyer's limit with the code, in place of the sale's.")
    var buyerLimit: Int32?

    @Option(help: "The one buyer for whom it is good.", transform: { try BuyerID(validating: $0) })
    var buyer: BuyerID?

    @Option(help: "How many codes, as CSV.")
    var count: Int?

    @Option(help: "A file with a buyer in each line: a code for each, as CSV.")
    var buyers: String?

    func validate() throws {
      guard [buyer != nil, count != nil, buyers != nil].count(where: { $0 }) <= 1 else {
        throw ValidationError("--buyer, --count and --buyers can't go together.")
      }
      if let count, !(1...Limits.issuedCodes).contains(count) {
        throw ValidationError("--count must be 1 to \(Limits.issuedCodes).")
      }
      _ = try code(from: from ?? until.earlier(byMicroseconds: 1_000_000))
    }

    func run() async throws {
      try await reporting {
        let signer = try Configuration(environment, for: [.codes]).codes
        let start = from ?? Timestamp(microseconds: Timestamp.now.microseconds / 1_000_000 * 1_000_000)
        guard count != nil || buyers != nil else {
          return try StandardOutput.write(line: try issue(buyer, from: start, by: signer).text)
        }
        let owners = try buyers.map(readBuyers)
        try StandardOutput.write(line: "code,code_id,uses,buyer,buyer_limit,valid_from,valid_until")
        for index in 0..<(owners?.count ?? count ?? 0) {
          let owner = owners?[index]
          let (code, text) = try issue(owner, from: start, by: signer)
          let limit = code.buyerLimit.map { "\($0)" } ?? ""
          // A buyer's name can have a comma or a quotation mark.
          let name = owner.map { "\"\($0.rawValue.replacing("\"", with: "\"\""))\"" } ?? ""
          try StandardOutput.write(
            line: "\(text),\(code.subjectID),\(code.uses),\(name),\(limit),\(start),\(until)")
        }
      }
    }

    private func issue(
      _ buyer: BuyerID?, from start: Timestamp, by signer: AccessCodeSigner
    ) throws -> (code: AccessCode, text: String) {
      let code = try code(from: start)
      guard let text = signer.issue(code, for: sale, buyer: buyer) else {
        throw ConfigurationError(problems: ["\(Variable.codeKeys.rawValue) has no key"])
      }
      return (code, text)
    }

    private func code(from start: Timestamp) throws -> AccessCode {
      guard start < until else { throw ValidationError("--until must be after the code's beginning.") }
      do throws(FlashSale.ValidationError) {
        return try AccessCode(
          id: .random(in: .min ... .max), window: start..<until, uses: Units(uses),
          buyerLimit: buyerLimit.map(Units.init(_:)))
      } catch {
        throw ValidationError("\(error).")
      }
    }

    private func readBuyers(_ path: String) throws -> [BuyerID] {
      let data = try InputFile.read(path == "-" ? "/dev/stdin" : path, upTo: Limits.buyerFileBytes)
      let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      guard lines.count <= Limits.issuedCodes else {
        throw BuyerFault("\(path) has more than \(Limits.issuedCodes) buyers")
      }
      return try lines.enumerated().map { index, line in
        do throws(FlashSale.ValidationError) {
          return try BuyerID(validating: String(line), field: "buyer")
        } catch {
          throw BuyerFault("\(path), line \(index + 1): \(error)")
        }
      }
    }
  }
}

/// A line that names no buyer.
private struct BuyerFault: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

private func time(_ text: String) throws -> Timestamp {
  do throws(RFC3339Fault) {
    return try Timestamp(validating: text)
  } catch {
    throw ValidationError(error.rawValue)
  }
}

extension Timestamp {
  fileprivate func earlier(byMicroseconds count: Int64) -> Timestamp { Timestamp(microseconds: microseconds - count) }
}
