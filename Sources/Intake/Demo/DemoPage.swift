/// The buyer's page: its parts are shown and filled by `DemoScript`.
enum DemoPage {
  static let html: StaticString = """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Buyer's page · Penstock</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/demo/demo.css">
    <script src="/demo/draw.js" defer></script>
    <script src="/demo/demo.js" defer></script>
    </head>
    <body>
    <header><b>Penstock</b>
    <span class="soft">the buyer's page, for development: nothing here is real money</span></header>
    <main>
    <noscript><p class="card bad">This page needs JavaScript: it is a client of the API.</p></noscript>
    <section class="card" aria-label="Who and what">
    <div class="fields">
    <label for="sale">Sale</label><select id="sale"></select>
    <label for="buyer">You are</label><input id="buyer" maxlength="64" autocomplete="off" spellcheck="false">
    <button id="another" type="button">Somebody else</button>
    </div>
    </section>
    <section class="card" aria-labelledby="name">
    <h1 id="name">No sale yet</h1>
    <p><span class="soft" id="clock-words"></span> <b class="clock" id="clock" role="timer"></b></p>
    <ul id="items"></ul>
    </section>
    <section class="card" id="room" hidden aria-labelledby="room-title">
    <h2 id="room-title">Waiting room</h2>
    <p id="room-words"></p>
    <p><button id="join" type="button">Join the room</button> <button id="leave" type="button">Leave</button></p>
    <p><button id="verify" type="button" hidden>Verify my draw</button></p>
    <ul id="verdict"></ul>
    </section>
    <section class="card" id="order" hidden aria-labelledby="order-title">
    <h2 id="order-title">Your order</h2>
    <p class="big" id="state"></p>
    <progress id="line" max="1" value="0" aria-label="Your way through the line" hidden></progress>
    <p id="words"></p>
    <p id="hold" hidden>Held for you for <b class="clock" id="hold-clock" role="timer"></b></p>
    <p class="fields"><button id="pay" type="button" hidden>Pay</button>
    <button id="extend" type="button" hidden accesskey="e">Keep it longer <kbd>E</kbd></button>
    <button id="release" type="button" hidden>Give it back</button></p>
    <p class="soft small"><code id="number"></code></p>
    </section>
    <p id="news" class="small" role="status" aria-live="polite"></p>
    <p id="urgent" class="bad" role="alert" aria-live="assertive"></p>
    </main>
    </body>
    </html>

    """
}
