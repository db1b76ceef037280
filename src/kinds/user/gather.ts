import type { GatherContext, Gatherer, Gathering } from '../kind.ts'
import { lookalikeAddresses, SeenAddresses } from './lookalikes.ts'
import { countPasswords, KeptPasswords } from './passwords/counts.ts'
import { mapsNames, NamesSeen, namesSwapped } from './value-warnings.ts'

/** Counts password algorithms and, where any user changes, finds suspicious names and addresses. */
export const gatheringUsers: Gathering = {
  begin: gatherUsers,
  summary: (rundb, { passwords }) => ({ passwords: countPasswords(rundb, passwords) }),
  warnings: (context, { names, alike }) => [
    ...(names === undefined ? [] : namesSwapped(context, names)),
    ...(alike === undefined ? [] : lookalikeAddresses(context, alike)),
  ],
}

function gatherUsers({ count, manifest, changing }: GatherContext): Gatherer {
  const passwords = new KeptPasswords()
  const names = changing && mapsNames(manifest) ? new NamesSeen() : undefined
  const addresses = changing ? new SeenAddresses(count) : undefined
  return {
    add(attributes, secrets, place) {
      passwords.add(secrets)
      names?.add(attributes, place)
      addresses?.add(attributes.email)
    },
    gathered: () => ({
      passwords: passwords.kept(),
      ...(names !== undefined && { names: names.order() }),
      ...(addresses !== undefined && { alike: addresses.alike() }),
    }),
  }
}
