import { stringify } from 'csv-stringify/sync'
import type { Instance } from './instance.ts'
import type { ClerkUser } from './objects.ts'

const COLUMNS = [
  'id',
  'first_name',
  'last_name',
  'username',
  'primary_email_address',
  'primary_phone_number',
  'verified_email_addresses',
  'unverified_email_addresses',
  'verified_phone_numbers',
  'unverified_phone_numbers',
  'totp_secret',
  'password_digest',
  'password_hasher',
]

/**
 * The dashboard's export of an instance: all 13 columns, including those that the API does not
 * have.
 */
export function dashboardCsv(instance: Instance): string {
  const rows = [...instance.users.values()].map((user) => ({
    id: user.id,
    first_name: user.first_name,
    last_name: user.last_name,
    username: user.username,
    primary_email_address: user.email_addresses.find(({ id }) => id === user.primary_email_address_id)?.email_address,
    primary_phone_number: user.phone_numbers.find(({ id }) => id === user.primary_phone_number_id)?.phone_number,
    verified_email_addresses: addresses(user, true),
    unverified_email_addresses: addresses(user, false),
    verified_phone_numbers: phones(user, true),
    unverified_phone_numbers: phones(user, false),
    ...instance.credentials.get(user.id),
  }))
  return stringify(rows, { header: true, columns: COLUMNS })
}

function addresses({ email_addresses }: ClerkUser, verified: boolean): string {
  return email_addresses
    .filter(({ verification }) => (verification?.status === 'verified') === verified)
    .map(({ email_address }) => email_address)
    .join('|')
}

function phones({ phone_numbers }: ClerkUser, verified: boolean): string {
  return phone_numbers
    .filter(({ verification }) => (verification?.status === 'verified') === verified)
    .map(({ phone_number }) => phone_number)
    .join('|')
}
