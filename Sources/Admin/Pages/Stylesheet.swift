/// The one stylesheet of all pages.
enum Stylesheet {
  static let html: HTML = """
    \(colours)\(texts)\(layout)\(forms)\(tables)\(drawings)\(ChartColour.stylesheet)\(LiveStyle.stylesheet)\
    \(paper)
    """

  static let text = html.text

  private static let colours: HTML = """

    :root { color-scheme: light dark; --page: #f4f6f8; --card: #fff; --ink: #15202b; --soft: #5a6877; --line: #e1e6eb;
      --track: #e6ebf0; --edge: #8794a1; --action: #0b7350; --good: #0b7a53; --bad: #c3222f; --doubt: #9a6700;
      --link: #1d5fd1 }
    @media (prefers-color-scheme: dark) {
      :root { --page: #0d1217; --card: #151c24; --ink: #e6ecf2; --soft: #92a1b1; --line: #25303b;
        --track: #26313d; --edge: #6b7a89; --action: #0f7d57; --good: #3fcf99; --bad: #ff7a80; --doubt: #e3b341;
        --link: #7fb0ff }
    }
    .soft { color: var(--soft) }
    .bad { color: var(--bad) }
    .good { color: var(--good) }
    .doubt { color: var(--doubt) }

    """

  private static let texts: HTML = """
    * { box-sizing: border-box }
    body { margin: 0; background: var(--page); color: var(--ink); font-variant-numeric: tabular-nums;
      overflow-wrap: break-word;
      font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Noto Sans CJK SC", sans-serif }
    a { color: var(--link); text-decoration: none }
    p a, a:hover { text-decoration: underline }
    a.button { text-decoration: none }
    h1 { font-size: 1.6rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere }
    h2 { font-size: 1rem; margin: 0 0 .75rem }
    p { margin: .5rem 0 }
    code { font: .9em ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere }
    .small { font-size: .86rem }

    """

  private static let layout: HTML = """
    .top { background: var(--card); border-bottom: 1px solid var(--line); padding: .65rem 1rem }
    .top > div { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; align-items: center; max-width: 1180px;
      margin: 0 auto }
    .brand { display: flex; gap: .5rem; align-items: center; color: inherit; font-weight: 650 }
    nav { display: flex; flex-wrap: wrap; gap: .3rem 1rem }
    nav a { color: var(--soft); padding: .2rem 0 }
    nav a[aria-current] { color: var(--ink); font-weight: 600; border-bottom: 2px solid var(--confirmed) }
    .account { display: flex; flex-wrap: wrap; gap: .3rem .9rem; align-items: center; margin-left: auto }
    .skip { position: absolute; left: -99rem }
    .skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .3rem .6rem }
    .logo { width: 18px; height: 18px; fill: var(--confirmed) }
    main { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); max-width: 1180px; margin: 0 auto;
      padding: 1.25rem 1rem 3rem }
    .card, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem;
      min-width: 0 }
    [data-watched] { display: contents }
    .head { display: flex; flex-wrap: wrap; gap: .4rem .8rem; align-items: center }
    .head h2 { margin: 0 }
    .pill { border: 1px solid; border-radius: 99px; padding: .1rem .65rem; font-size: .78rem; font-weight: 600;
      color: var(--soft); white-space: nowrap }
    .pill.open { color: var(--good) }
    .pill.upcoming { color: var(--link) }
    .tiles { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)) }
    .tile { padding: .7rem 1rem }
    .tile b { display: block; font-size: 1.45rem; line-height: 1.25; font-weight: 650 }
    .tile b.long { font-size: 1rem; line-height: 1.8 }
    .pair { display: grid; gap: 1rem; align-items: start;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)) }
    .checks { border-left: 4px solid var(--good) }
    .checks.failed { border-left-color: var(--bad) }
    .checks.unknown { border-left-color: var(--doubt) }
    .checks p { margin: .2rem 0 }
    .equation { font-size: 1.1rem }
    .equation b { white-space: nowrap }
    .sales { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)) }
    .sale { display: grid; gap: .45rem; align-content: start; color: inherit }
    .sale:hover { border-color: var(--link); text-decoration: none }
    .sale strong { font-size: 1.05rem; overflow-wrap: anywhere }
    .sale .head { justify-content: space-between }

    """

  private static let forms: HTML = """
    .form { display: grid; gap: .8rem; max-width: 30rem; align-items: start }
    .form.wide { max-width: none; grid-template-columns: repeat(auto-fit, minmax(min(100%, 13rem), 1fr));
      align-items: end }
    .inline { display: inline-flex; flex-wrap: wrap; gap: .4rem; align-items: end; margin: 0 }
    .field { display: grid; gap: .2rem }
    .field > span:first-child { font-weight: 600; font-size: .9rem }
    input, select, textarea { font: inherit; color: inherit; background: var(--page); border: 1px solid var(--edge);
      border-radius: 6px; padding: .4rem .55rem; min-width: 0; width: 100% }
    input, select { min-height: 2.4rem }
    input[type=checkbox], input[type=radio] { width: auto; min-height: 0 }
    [aria-invalid] { border-color: var(--bad) }
    fieldset { border: 1px solid var(--line); border-radius: 8px; padding: .5rem .8rem; margin: 0;
      display: grid; gap: .3rem }
    button, .button { font: inherit; font-weight: 600; cursor: pointer; border-radius: 6px; padding: .4rem .9rem;
      border: 1px solid var(--edge); background: var(--card); color: var(--ink); min-height: 24px }
    button.main { background: var(--action); border-color: var(--action); color: #fff }
    button.danger { color: var(--bad); border-color: var(--bad) }
    button.quiet { border-color: transparent; background: none; color: var(--link); font-weight: 400;
      padding: .2rem .2rem }
    td button { white-space: nowrap }
    td select { min-width: 7rem }
    td .inline { flex-wrap: nowrap; align-items: center }
    td .inline input { min-width: 8rem }
    button:disabled { opacity: .55; cursor: default }
    .alert { border: 1px solid var(--bad); border-left-width: 4px; border-radius: 6px; padding: .5rem .8rem;
      color: var(--bad); background: var(--card) }
    .note { border: 1px solid var(--good); border-left-width: 4px; border-radius: 6px; padding: .5rem .8rem }
    details { margin: .5rem 0 }
    summary { cursor: pointer; font-weight: 600; padding: .2rem 0 }
    li + li { margin-top: .4rem }
    .button { display: inline-block; color: var(--ink) }
    :focus-visible { outline: 2px solid var(--link); outline-offset: 2px }
    .narrow { max-width: 26rem; width: 100%; margin: 2rem auto }

    """

  private static let tables: HTML = """
    .scroll { overflow: auto; max-height: 26rem }
    table { border-collapse: collapse; width: 100% }
    th, td { padding: .32rem .5rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap }
    th { font-weight: 500; color: var(--soft); font-size: .86rem }
    tbody tr:last-child > * { border-bottom: 0 }
    th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal }
    th:last-child, td:last-child { padding-right: 0 }
    th.words, td.words { text-align: left; white-space: normal; overflow-wrap: break-word; min-width: 6rem;
      max-width: 40rem }
    td code { overflow-wrap: inherit }
    @media (max-width: 30rem) {
      th.words, td.words { min-width: 4.6rem; max-width: 20rem }
      .cards { max-height: none }
      .cards thead { position: absolute; left: -99rem }
      .cards tr { display: grid; gap: .3rem; padding: .6rem 0; border-bottom: 1px solid var(--line) }
      .cards tr:last-child { border-bottom: 0 }
      .cards td { display: block; border: 0; padding: 0; max-width: none }
      .cards td:empty { display: none }
      .cards td[data-name]:not([data-name=""])::before { content: attr(data-name); display: block;
        color: var(--soft); font-size: .86rem }
      .cards .inline { flex-wrap: wrap }
    }
    td.sub:first-child { padding-left: 1rem; color: var(--soft) }
    tr.halted td { color: var(--bad) }
    table.counts, table.facts { width: auto }
    table.counts td + td, table.facts th + td { padding-left: 2rem }
    table.counts + table.counts { margin-top: .75rem }
    table.facts th { word-break: keep-all }
    @media (max-width: 30rem) { table.facts th + td { padding-left: 1rem; overflow-wrap: anywhere } }

    """

  private static let drawings: HTML = """
    .bar { display: block; width: 100%; min-width: 5rem; height: 8px; border-radius: 4px; overflow: hidden }
    .track { fill: var(--track) }
    .line circle { stroke: var(--confirmed); stroke-width: 2 }
    .line circle.done { fill: var(--confirmed) }
    .line circle.idle { fill: var(--card) }
    .step { fill: var(--ink); font-size: 13px; font-weight: 600 }
    """

  /// What is different on paper: everything is shown, nothing can be pressed.
  private static let paper: HTML = """
    .zoom { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin-top: .6rem }
    .plot[data-from] { cursor: crosshair; touch-action: pan-y }
    .brush { fill: var(--link); opacity: .25 }
    .fields { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center }
    .fields input, .fields button { font: inherit; color: inherit; background: var(--page); padding: .35rem .7rem;
      border: 1px solid var(--soft); border-radius: 6px; min-width: 0 }
    @media print {
      :root { color-scheme: light }
      .top, .zoom, .screen, .numbers:not([open]) { display: none }
      body { background: none }
      main { max-width: none; padding: 0 }
      .scroll { overflow: visible; max-height: none !important }
      .card, .tile { break-inside: avoid; border-color: #999 }
      rect { print-color-adjust: exact; -webkit-print-color-adjust: exact }
    }

    """
}
