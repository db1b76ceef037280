import { MINIMAL } from '../folder.ts'
import type { BadManifest } from './bad-manifest.ts'

/** Invalid rules for roles. */
export const badRoles: BadManifest[] = [
  {
    name: 'a role pattern with two stars',
    text: `${MINIMAL}roles:\n  map:\n    "org:*:*": admin\n`,
    code: 'bad_value',
    at: '5:5',
    message: /one \*/,
  },
  {
    name: 'a duplicate item in a list',
    text: `${MINIMAL}roles:\n  multiple: first\n  priority: [admin, member, admin]\n`,
    code: 'bad_value',
    at: '5:29',
    path: 'roles.priority.2',
    message: /^roles\.priority contains "admin" twice$/,
    hint: /remove one/,
  },
  {
    name: 'a star in the slug for a name without a star',
    text: `${MINIMAL}roles:\n  map:\n    admin: "org-*"\n`,
    code: 'bad_value',
    at: '5:12',
    path: 'roles.map.admin',
  },
  {
    name: 'an invalid slug for a pattern',
    text: `${MINIMAL}roles:\n  organizations:\n    acme: { map: { "org:*": "Org *" } }\n`,
    code: 'bad_value',
    at: '5:29',
    path: 'roles.organizations.acme.map.org:*',
  },
  {
    name: 'the first of several roles without a priority',
    text: `${MINIMAL}roles: { multiple: first }\n`,
    code: 'missing_key',
    at: '3:1',
    path: 'roles.priority',
  },
  {
    name: 'a single role without a priority',
    text: `${MINIMAL}roles: { notEnabled: first }\n`,
    code: 'missing_key',
    at: '3:1',
    path: 'roles.priority',
  },
  {
    name: 'an invalid permission slug',
    text: `${MINIMAL}permissions:\n  define: { "Users read": { name: Read } }\n`,
    code: 'bad_value',
    at: '4:13',
    path: 'permissions.define.Users read',
  },
  {
    name: 'a misspelled rule of an organization',
    text: `${MINIMAL}roles:\n  organizations:\n    acme: { unmaped: drop }\n`,
    code: 'unknown_key',
    at: '5:13',
    hint: /"unmapped"/,
  },
]
