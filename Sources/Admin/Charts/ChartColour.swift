/// What a part of a chart means, and so how it is coloured: by one palette, whose colours differ in lightness too, so
/// that they can be told apart without seeing colour (Okabe and Ito's, darkened or lightened to 3:1 against the page).
enum ChartColour: String, CaseIterable, Sendable {
  case confirmed, waitlisted, rejected, quarantined, held, left, plain

  /// The class of a drawn part.
  var name: HTML {
    switch self {
    case .confirmed: "confirmed"
    case .waitlisted: "waitlisted"
    case .rejected: "rejected"
    case .quarantined: "quarantined"
    case .held: "held"
    case .left: "left"
    case .plain: "plain"
    }
  }

  /// The colours and shapes of all charts.
  static let stylesheet: HTML = """
    :root { --confirmed: #00845d; --waitlisted: #8a5bb8; --rejected: #77889a; --quarantined: #c4381c; --held: #b26a00;
      --left: #9ccbe8; --plain: #0072b2 }
    @media (prefers-color-scheme: dark) {
      :root { --confirmed: #2dbd87; --waitlisted: #c59be6; --rejected: #728599; --quarantined: #f0663f;
        --held: #f0b03a; --left: #37617d; --plain: #56b4e9 }
    }
    rect.confirmed { fill: var(--confirmed) }
    rect.waitlisted { fill: var(--waitlisted) }
    rect.rejected { fill: var(--rejected) }
    rect.quarantined { fill: var(--quarantined) }
    rect.held { fill: var(--held) }
    rect.left { fill: var(--left) }
    rect.plain { fill: var(--plain) }
    .key { display: inline-block; width: .8em; height: .8em; border-radius: 3px; vertical-align: -.05em;
      margin-right: .4em }
    figure { margin: 0 }
    .scroll + figure, table + figure { margin-top: 1.2rem }
    figure h3 { font-size: .86rem; font-weight: 500; color: var(--soft); margin: 0 0 .5rem }
    figcaption { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin-top: .5rem }
    .chart { display: grid; grid-template-columns: auto minmax(0, 1fr) }
    .chart svg { display: block; overflow: visible }
    .chart g:hover rect { opacity: .75 }
    .grid { stroke: var(--line); stroke-width: 1 }
    .axis { fill: var(--soft); font-size: 12px }
    .numbers { margin-top: .5rem }
    .numbers summary { cursor: pointer; color: var(--link); font-size: .86rem; width: fit-content }
    .numbers .scroll { max-height: 18rem }
    .levels { display: grid; gap: .25rem .8rem; grid-template-columns: minmax(4rem, max-content) minmax(0, 1fr) auto;
      align-items: center }
    .levels svg { display: block; border-radius: 4px }
    .levels code { overflow-wrap: anywhere }
    .levels .count { text-align: right; white-space: nowrap }
    @media (max-width: 480px) {
      .levels { grid-template-columns: minmax(0, 1fr) auto; grid-auto-flow: dense }
      .levels svg { grid-column: 1 / -1 }
    }

    """
}
