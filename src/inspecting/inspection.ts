import type { WrittenNull } from '../sources/text/written-nulls.ts'

/** A path inside records: `email`, `identities[].connection`, `Attributes[Name="email"].Value`. */
export type Path = string

/** The statistics of one path of a stream. Contains no personal or secret value. */
export interface PathInspection {
  path: Path
  /** A JSONata expression for the path; null if a name on it is masked or cannot be written. */
  expression: string | null
  /** Number of values that are neither null nor empty text. */
  filled: number
  /** Number of possible values: records, or items of the innermost array on the path. */
  of: number
  /** Types of values, most frequent first. */
  types: { type: string; count: number }[]
  /** Secrets are only counted. */
  secret: boolean
  /** Shapes of values, with letters and digits masked: `xxx@xxxxxxx.xxx`. */
  shapes: string[]
  /**
   * Every value with its count, if there are few values and they do not identify a user: roles,
   * hashers, connections.
   */
  values?: { value: string; count: number }[]
}

export interface StreamInspection {
  stream: string
  /** Files of the stream, as written in the manifest; empty for network sources. */
  files: string[]
  /** Joined streams are known only from the rows in the records that were read. */
  role: 'main' | 'joined'
  records: number
  rejected: number
  paths: PathInspection[]
  /** Number of paths that exceeded the limit. */
  morePaths: number
}

/** What happens to the passwords of one format. */
export type PasswordFate =
  /** WorkOS accepts it as it is, or as the recipe writes it. */
  | 'taken'
  /** WorkOS accepts it after a mapping converts it. */
  | 'convertible'
  /** WorkOS does not accept it: the user resets the password. */
  | 'reset'
  /** It does not match its format: truncated, or in the wrong column. */
  | 'malformed'

export interface PasswordFormat {
  /** The hasher with its public parameters. */
  format: string
  fate: PasswordFate
  count: number
  /** The reason, or the conversion. */
  detail?: string
}

/** Facts about the users in the main stream. */
export interface PeopleInspection {
  records: number
  email: {
    with: number
    /** Without an address, WorkOS cannot create the user. */
    without: number
    /** The value is not an email address. */
    invalid: number
    /** An address that a program can confuse with another one: see confusableAddress. */
    confusable: number
    /**
     * Distinct addresses after trimming and lowercasing A to Z, and the number of them in several
     * records.
     */
    distinct: number
    duplicated: number
    /** Records with the address of an earlier record. */
    extraRecords: number
    /** Addresses that differ from another one only in the case or form of letters outside ASCII. */
    lookalikes: number
    /** Null if unknown. */
    unverified: number | null
  }
  passwords: { formats: PasswordFormat[]; without: number; moreFormats: number }
  totp: number
  /** Null if there is no information about organizations. */
  organizations: {
    distinct: number
    /** Distinct pairs of user and organization. */
    memberships: number
    usersWithout: number
    /** Number of users by number of memberships, in ascending order. */
    perUser: { memberships: number; users: number }[]
  } | null
  /** Roles of memberships, and roles directly on users. */
  roles: { role: string; at: 'membership' | 'user'; count: number }[]
  moreRoles: number
}

/** The result of inspecting a source. */
export interface Inspection {
  /** `source.type`. */
  type: string
  /** Whether all records were read. */
  complete: boolean
  /** Number of records read from main streams. */
  records: number
  streams: StreamInspection[]
  people: PeopleInspection
  /**
   * Columns with cells that look like a written null: `NULL`, `\N` … If there is a mapping, only
   * columns that it reads.
   */
  writtenNulls: WrittenNull[]
}

/** The inspection of a source without users. */
export function nobodyIn(type: string): Inspection {
  const email = {
    with: 0,
    without: 0,
    invalid: 0,
    confusable: 0,
    distinct: 0,
    duplicated: 0,
    extraRecords: 0,
    lookalikes: 0,
  }
  return {
    type,
    complete: false,
    records: 0,
    streams: [],
    people: {
      records: 0,
      email: { ...email, unverified: null },
      passwords: { formats: [], without: 0, moreFormats: 0 },
      totp: 0,
      organizations: null,
      roles: [],
      moreRoles: 0,
    },
    writtenNulls: [],
  }
}

/**
 * Removes all values of the source, even from columns that are not personal. Roles keep only their
 * counts.
 */
export function withoutValues(inspection: Inspection): Inspection {
  return {
    ...inspection,
    streams: inspection.streams.map((stream) => ({
      ...stream,
      paths: stream.paths.map(({ values: _values, ...path }) => path),
    })),
    people: { ...inspection.people, roles: inspection.people.roles.map((found) => ({ ...found, role: '***' })) },
  }
}
