/** From where the organizations of a user come. */
export type OrganizationsFrom = 'organizations' | 'metadata' | 'none'

/** Whether the options name a tenant. */
export function isLive(config: Record<string, unknown>): boolean {
  return config.domain !== undefined
}

/** Where the organizations come from, by what the options say and leave out. */
export function organizationsFrom(config: Record<string, unknown>): OrganizationsFrom {
  const { organizationFrom } = config
  if (organizationFrom === 'metadata' || organizationFrom === 'none') return organizationFrom
  return isLive(config) ? 'organizations' : 'none'
}

/** A time as ISO, UTC; undefined for one that does not exist. */
export function isoTime(text: string | undefined): string | undefined {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}
