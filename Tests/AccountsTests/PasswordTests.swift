import FlashSale
import Testing

@testable import Accounts

@Suite struct PasswordTests {
  /// Cheap: the tests of the rule need no slow hash.
  private static let cheap = PasswordHash.Cost(logRounds: 10)

  @Test(arguments: [
    // RFC 7914 §12.
    (
      "password", "NaCl", PasswordHash.Cost(logRounds: 10, blockSize: 8, parallelism: 16),
      "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
    ),
    (
      "pleaseletmein", "SodiumChloride", PasswordHash.Cost(logRounds: 14, blockSize: 8, parallelism: 1),
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    ),
  ])
  func `hashes are scrypt's`(_ password: String, _ salt: String, _ cost: PasswordHash.Cost, _ key: String) throws {
    #expect(Hexadecimal.text(try PasswordHash.derive(password, Array(salt.utf8), cost, bytes: 64)) == key)
  }

  @Test func `a hash knows its password, also from its text, and no other`() throws {
    let hash = try PasswordHash("correct horse battery", cost: Self.cheap)
    let read = try #require(PasswordHash(text: hash.text))
    #expect(read == hash)
    #expect(try read.matches("correct horse battery"))
    for wrong in ["", "correct horse batterz", "Correct horse battery", "correct horse battery "] {
      #expect(try !read.matches(wrong))
    }
    #expect(try PasswordHash("correct horse battery", cost: Self.cheap).text != hash.text)
    #expect(!"\(hash)".contains("scrypt"))
  }

  @Test(arguments: [
    "", "$scrypt$", "$scrypt$ln=40,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=15,r=8,p=1$AAAA$AAAA",
    "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=15,r=99,p=1$AA$AAAAAAAAAAAAAAAAAAAAAAAA",
    "$scrypt$ln=15,r=8,p=1$A\u{0}AA$AAAAAAAAAAAAAAAAAAAAAAAA",
  ])
  func `what is no hash that this version takes is not read`(_ text: String) {
    #expect(PasswordHash(text: text) == nil)
  }

  @Test(arguments: [
    ("short", false), ("aaaaaaaaaaaaaaaa", false), ("my-name-is-mia-ok", false), ("correct\u{0}horse battery", false),
    (String(repeating: "xyzab", count: 60), false), ("correct horse battery", true), ("马上到了一二三", true),
  ])
  func `a new password is long, of several characters and not the name`(_ password: String, _ isTaken: Bool) throws {
    let user = try UserName(validating: "mia")
    if isTaken {
      try PasswordRule.check(password, of: user)
    } else {
      #expect(throws: ValidationError.self) { try PasswordRule.check(password, of: user) }
    }
  }

  @Test func `names are of one case, and of characters that mean nothing anywhere`() throws {
    #expect(try UserName(validating: "Mia.Chen-2") == UserName(validating: "mia.chen-2"))
    for text in [
      "", ".", "..", "a b", "<script>", "mia\u{0}", "\u{202E}mia", "@machine", String(repeating: "x", count: 10_240),
      "米",
    ] {
      #expect(UserName(rawValue: text) == nil)
    }
  }
}
