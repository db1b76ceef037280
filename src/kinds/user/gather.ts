import { countDesired } from '../../rundb/desired.ts'
import type { GatherContext, Gatherer } from '../kind.ts'
import { lookalikeAddresses, SeenAddresses } from './lookalikes.ts'
import { countPasswords, KeptPasswords } from './passwords/counts.ts'
import { mapsNames, NamesSeen } from './value-warnings.ts'

/** What is gathered of all desired users: how their passwords are hashed and, where any of them changes, what is odd about names and addresses. */
export function gatherUsers({ rundb, manifest, changing }: GatherContext): Gatherer {
  const passwords = new KeptPasswords()
  const names = changing && mapsNames(manifest) ? new NamesSeen() : undefined
  const addresses = changing ? new SeenAddresses(countDesired(rundb, 'user')) : undefined
  return {
    add(attributes, secrets, place) {
      passwords.add(secrets)
      names?.add(attributes, place)
      addresses?.add(attributes.email)
    },
    summary: () => ({ passwords: countPasswords(rundb, passwords) }),
    warnings: (context) => [
      ...(names?.warnings(context) ?? []),
      ...(addresses === undefined ? [] : lookalikeAddresses(context, addresses)),
    ],
  }
}
