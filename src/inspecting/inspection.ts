import type { WrittenNull } from '../sources/text/written-nulls.ts'

/** A path inside records: `email`, `identities[].connection`, `Attributes[Name="email"].Value`. */
export type Path = string

/** What one path of a stream holds. Never a value that may be personal or secret. */
export interface PathInspection {
  path: Path
  /** JSONata that yields it; null where a name on it is masked, or cannot be written. */
  expression: string | null
  /** How often it holds something: no null, no empty text. */
  filled: number
  /** How often it could: records, or items of the innermost array on the path. */
  of: number
  /** Kinds of values, the most frequent first. */
  types: { type: string; count: number }[]
  /** Secrets are counted and nothing else is said of them. */
  secret: boolean
  /** What values look like, letters and digits masked: `xxx@xxxxxxx.xxx`. */
  shapes: string[]
  /**
   * Every value with its count, where there are few and they say nothing about a person: roles,
   * hashers, connections.
   */
  values?: { value: string; count: number }[]
}

export interface StreamInspection {
  stream: string
  /** Files it is read from, as the manifest writes them; none for what comes over a network. */
  files: string[]
  /** Joined streams are seen as far as the records that were read have rows of them. */
  role: 'main' | 'joined'
  records: number
  rejected: number
  paths: PathInspection[]
  /** Further paths that were seen and not kept. */
  morePaths: number
}

/** What would become of the passwords of one format. */
export type PasswordFate =
  /** WorkOS takes it, as it is or as the recipe writes it. */
  | 'taken'
  /** WorkOS takes it once a mapping has written it in WorkOS's way. */
  | 'convertible'
  /** WorkOS does not take it: the user resets the password. */
  | 'reset'
  /** It is not what it says it is: cut off, or in the wrong column. */
  | 'malformed'

export interface PasswordFormat {
  /** Name of the hasher with its public parameters. */
  format: string
  fate: PasswordFate
  count: number
  /** What stands against it, or what converts it. */
  detail?: string
}

/** What the records of the main stream say about the people in them. */
export interface PeopleInspection {
  records: number
  email: {
    with: number
    /** No address at all. WorkOS cannot create them. */
    without: number
    /** Something that is no address. */
    invalid: number
    /** An address that a program can take for another one: see confusableAddress. */
    confusable: number
    /**
     * Different addresses, trimmed and with A to Z in lower case, and how many of them occur in
     * several records.
     */
    distinct: number
    duplicated: number
    /** Records that share their address with an earlier one. */
    extraRecords: number
    /** Addresses that differ from another one only in the case or form of letters outside ASCII. */
    lookalikes: number
    /** Null: nothing tells. */
    unverified: number | null
  }
  passwords: { formats: PasswordFormat[]; without: number; moreFormats: number }
  totp: number
  /** Null: nothing tells of organizations. */
  organizations: {
    distinct: number
    /** Different pairs of user and organization. */
    memberships: number
    usersWithout: number
    /** How many users have how many memberships; the fewest first. */
    perUser: { memberships: number; users: number }[]
  } | null
  /** By where they stand: with a membership, or with the user at large. */
  roles: { role: string; at: 'membership' | 'user'; count: number }[]
  moreRoles: number
}

/** What a look at a source found. */
export interface Inspection {
  /** `source.type`. */
  type: string
  /** Whether it was read to its end. */
  complete: boolean
  /** Records of main streams that were read. */
  records: number
  streams: StreamInspection[]
  people: PeopleInspection
  /**
   * Columns whose cells hold what looks like a written null: `NULL`, `\N` … Only those that the
   * mapping reads, where there is one.
   */
  writtenNulls: WrittenNull[]
}

/** What is known of a source in which nobody was found to look at. */
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
 * The same without any value of the source, also not of a column that is no person's: roles have
 * their counts alone.
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
