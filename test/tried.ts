/**
 * What was tried of each origin. A test of an odd input has `tried(…)` for its title; `npm run
 * docs` makes the table in docs/how-to/sources/README.md of these titles, and a test compares the
 * two.
 */

/** Where inputs are from. A new one is added here. */
export const ORIGINS = [
  'Auth0',
  'Auth.js',
  'Better Auth',
  'Clerk',
  'Cognito',
  'Descope',
  'Firebase',
  'Keycloak',
  'Okta',
  'Stytch',
  'Supabase',
  'Frameworks (Django, Laravel, ASP.NET, WordPress …)',
  'Tools for migrating to WorkOS',
  'CSV of any kind',
  'JSON and NDJSON of any kind',
] as const

/**
 * The title of a test. All three are written out where it is called.
 * @param format the file or the interface with its version, such as `dashboard CSV` or `users.json
 *   of auth:export`
 * @param input what is odd about it, and what comes of it
 */
export function tried(origin: (typeof ORIGINS)[number], format: string, input: string): string {
  return `${origin}, ${format}: ${input}`
}
