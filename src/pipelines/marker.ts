/**
 * By what a comment is found again: its first line, a comment of HTML, which nobody sees. In: what
 * it is about. Out: the line.
 */

/** What a comment or an issue is about. */
export interface Marker {
  what: 'plan' | 'apply' | 'drift'
  /** The manifest, as the workflow names it. */
  config: string
  /** What the workflow calls it by: the name of an environment. May be empty. */
  label: string
}

/** The hidden first line. Names are encoded: none can end the comment or pass for another. */
export function markerText({ what, config, label }: Marker): string {
  const name = (text: string) => encodeURIComponent(text).replaceAll('-', '%2D')
  return `<!-- workos-migrate ${what} config=${name(config)} label=${name(label)} -->`
}
