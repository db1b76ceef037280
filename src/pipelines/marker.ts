/** The hidden first line of a comment, by which it is found again. */

export interface Marker {
  what: 'plan' | 'apply' | 'drift'
  /** The path of the manifest in the workflow. */
  config: string
  /** The name of the environment; can be empty. */
  label: string
}

/** Names are encoded, so that none can end the HTML comment or imitate another marker. */
export function markerText({ what, config, label }: Marker): string {
  const name = (text: string) => encodeURIComponent(text).replaceAll('-', '%2D')
  return `<!-- workos-migrate ${what} config=${name(config)} label=${name(label)} -->`
}
