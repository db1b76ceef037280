import { createProject, type Project } from './cli.ts'
import { FAST, type Workos } from './workos.ts'

export type Row = Record<string, string>

/** A row of the CSV source: one user in one organization, or in none. */
export function person(name: string, more: Row = {}): Row {
  return { email: `${name}@example.com`, external_id: `id-${name}`, first_name: name, ...more }
}

export function member(name: string, organization: string, more: Row = {}): Row {
  return person(name, { org_external_id: organization, org_name: organization.toUpperCase(), ...more })
}

/** A project with these users as its CSV source. */
export function peopleProject(workos: Pick<Workos, 'target'>, rows: readonly Row[], manifest: object = {}): Project {
  const project = createProject()
  project.csv('users.csv', rows)
  project.manifest(peopleManifest(workos, manifest))
  return project
}

export function peopleManifest({ target }: Pick<Workos, 'target'>, more: object = {}): object {
  return {
    version: 1,
    name: 'people',
    source: { type: 'csv', path: './users.csv' },
    roles: { define: { admin: { name: 'Admin' } } },
    target,
    run: FAST,
    ...more,
  }
}
