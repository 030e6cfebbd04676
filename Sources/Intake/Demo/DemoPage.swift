/// The buyer's page: its parts are shown and filled by `DemoScript`.
enum DemoPage {
  static func html(_ language: DemoLanguage) -> String {
    func say(_ word: DemoWords) -> String { word(language) }
    let others = DemoLanguage.allCases.filter { $0 != language }.map { other in
      let tag = other.rawValue
      return "<a href=\"?lang=\(tag)\" lang=\"\(tag)\" hreflang=\"\(tag)\">\(other.ownName)</a>"
    }.joined(separator: " ")
    return """
      <!doctype html>
      <html lang="\(language.rawValue)">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(say(.title))</title>
      <link rel="icon" href="data:,">
      <link rel="stylesheet" href="/demo/demo.css">
      <script src="/demo/draw.js" defer></script>
      <script src="/demo/demo.js" defer></script>
      </head>
      <body>
      <header><b>Penstock</b>
      <span class="soft">\(say(.heading))</span> \(others)</header>
      <main>
      <noscript><p class="card bad">\(say(.needsScript))</p></noscript>
      <section class="card" aria-label="\(say(.who))">
      <div class="fields">
      <span class="fields"><label for="sale">\(say(.sale))</label><select id="sale"></select></span>
      <span class="fields"><label for="buyer">\(say(.youAre))</label>\
      <input id="buyer" maxlength="64" autocomplete="off" spellcheck="false"></span>
      <button id="another" type="button">\(say(.somebodyElse))</button>
      </div>
      </section>
      <section class="card" aria-labelledby="name">
      <h1 id="name">\(say(.noSaleYet))</h1>
      <p><span class="soft" id="clock-words"></span> <b class="clock" id="clock" role="timer"></b></p>
      <ul id="items"></ul>
      </section>
      <section class="card" id="room" hidden aria-labelledby="room-title">
      <h2 id="room-title">\(say(.room))</h2>
      <p id="room-words"></p>
      <p><button id="join" type="button">\(say(.join))</button>
      <button id="leave" type="button">\(say(.leave))</button></p>
      <p><button id="verify" type="button" hidden>\(say(.verify))</button></p>
      <ul id="verdict"></ul>
      </section>
      <section class="card" id="order" hidden aria-labelledby="order-title">
      <h2 id="order-title">\(say(.yourOrder))</h2>
      <p class="big" id="state"></p>
      <progress id="line" max="1" value="0" aria-label="\(say(.way))" hidden></progress>
      <p id="words"></p>
      <p id="hold" hidden>\(say(.heldFor)) <b class="clock" id="hold-clock" role="timer"></b></p>
      <p class="fields"><button id="pay" type="button" hidden>\(say(.pay))</button>
      <button id="extend" type="button" hidden accesskey="e">\(say(.keep)) <kbd>E</kbd></button>
      <button id="release" type="button" hidden>\(say(.giveBack))</button></p>
      <p class="soft small"><code id="number"></code></p>
      </section>
      <p id="news" class="small" role="status" aria-live="polite"></p>
      <p id="urgent" class="bad" role="alert" aria-live="assertive"></p>
      </main>
      <script id="words-table" type="application/json">\(DemoWords.json(language))</script>
      </body>
      </html>

      """
  }
}
