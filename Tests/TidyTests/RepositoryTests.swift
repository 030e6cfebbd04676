import Testing

/// The project keeps its own rules. A failure lists every place, and what to do there.
@Suite struct RepositoryTests {
  private let repository: Repository

  init() throws {
    repository = try Repository.shared.get()
  }

  @Test func `lines are short enough to stand side by side`() {
    expectNone(repository.swiftFiles.flatMap(SizeRules.longLines))
  }

  @Test func `functions fit on a screen`() {
    expectNone(repository.swiftFiles.flatMap(SizeRules.longFunctions))
  }

  @Test func `files hold one idea`() {
    expectNone(repository.swiftFiles.flatMap(SizeRules.longFile))
  }

  @Test func `files and folders are named for what is in them`() {
    expectNone(NameRules.vagueNames(in: repository.paths))
  }

  @Test func `nothing is left for later in a comment`() {
    expectNone(repository.swiftFiles.flatMap(NameRules.unfinishedWork))
  }

  @Test func `every metric has a meaning`() {
    expectNone(repository.swiftFiles.flatMap(NameRules.metricsWithoutMeaning))
  }

  @Test func `the parts know each other in one direction, and a C library has one owner`() {
    expectNone(repository.swiftFiles.flatMap(ImportRules.violations))
  }

  @Test func `time has one module, and the pure parts read no clock`() {
    let files = repository.swiftFiles
    expectNone(
      files.flatMap(TimeRules.clocks) + files.flatMap(TimeRules.unitsByHand) + files.flatMap(TimeRules.wallClocks))
  }

  @Test func `SQL stands in SaleStore, the migrator and migrations only`() {
    expectNone(repository.swiftFiles.flatMap(StatementRule.violations))
  }

  @Test func `decisions are numbered without a gap, and have a title`() throws {
    let files = try repository.paths
      .filter { $0.hasPrefix(DocumentRules.decisions + "/") }
      .map(repository.file)
    expectNone(DocumentRules.decisions(in: files))
  }

  @Test func `a superseded decision names its successor, and the links between decisions lead somewhere`() throws {
    let files = try repository.paths.filter { $0.hasPrefix(DocumentRules.decisions + "/") }.map(repository.file)
    expectNone(DocumentRules.supersessions(in: files) + DocumentRules.links(of: files))
  }

  @Test func `the source files that documents name are there`() throws {
    let paths = Set(repository.paths)
    let documents = repository.paths.filter { $0.hasPrefix("docs/") && $0.hasSuffix(".md") } + DocumentRules.readmes
    expectNone(try documents.flatMap { DocumentRules.sources(named: try repository.file($0), among: paths) })
  }

  @Test func `nothing stands in the sources that nothing uses`() {
    let rules = UseRules(repository.swiftFiles)
    expectNone(rules.filesWithoutUse + rules.namesWithoutUse)
  }

  @Test func `the READMEs have the same headings`() throws {
    let original = try repository.file(DocumentRules.readmes[0])
    for readme in DocumentRules.readmes.dropFirst() {
      expectNone(DocumentRules.headings(of: try repository.file(readme), as: original))
    }
  }

  @Test(arguments: DocumentRules.readmes)
  func `a README lists every variable that the sources read`(_ path: String) throws {
    let sources = repository.swiftFiles.filter { !$0.path.hasPrefix("Tests/") }
    expectNone(DocumentRules.variables(of: sources, in: try repository.file(path)))
  }
}
