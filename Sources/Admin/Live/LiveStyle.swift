/// What only the live page has.
enum LiveStyle {
  static let stylesheet: HTML = """
    [data-live] { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr) }
    .stale { border: 2px solid; border-radius: 8px; padding: .5rem .8rem; font-weight: 600 }
    .watch { display: grid; gap: .75rem; grid-template-columns: minmax(190px, 1fr) 4fr; align-items: stretch }
    .clock b { font-size: 2rem }
    .alerts { margin: 0; padding-left: 1.1rem }
    .alerts li { margin: .3rem 0; overflow-wrap: anywhere }
    @media (max-width: 640px) { .watch { grid-template-columns: minmax(0, 1fr) } }

    """
}
