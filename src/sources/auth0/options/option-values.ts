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

/** A time that begins with its date as ISO, UTC; undefined for one that does not exist. */
export function isoTime(text: string | undefined): string | undefined {
  if (text === undefined || !isDay(text.slice(0, 10))) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : new Date(time).toISOString()
}

/** Date.parse takes February 31 for a day in March. */
function isDay(date: string): boolean {
  const time = Date.parse(date)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date)
}
