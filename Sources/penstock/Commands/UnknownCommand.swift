import ArgumentParser

/// Finds a command that there is none of. The parser does, but for `help` and `--help`: those it answers with the help
/// of what is known before the word, as if all were well.
enum UnknownCommand {
  /// Throws a usage error for the first word that should be a subcommand of `root` and is none.
  static func refuse(in arguments: [String], of root: any ParsableCommand.Type) throws {
    var words = arguments[...]
    if words.first == "help" { words = words.dropFirst() }
    var command = root
    for word in words {
      let subcommands = command.configuration.subcommands
      guard !word.hasPrefix("-"), !subcommands.isEmpty else { return }
      guard let next = subcommands.first(where: { $0.configuration.commandName == word }) else {
        let known = subcommands.compactMap { $0.configuration.commandName }.joined(separator: ", ")
        throw ValidationError("There is no command '\(word)'. There are: \(known).")
      }
      command = next
    }
  }
}
