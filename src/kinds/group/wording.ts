import { after, again, keyOf, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

export const groupRemarks: Remarks = {
  group_gives_role: ({ resources, detail }) =>
    `${resources} to be added, whose users get the role ${detail}: the group has it in WorkOS`,
}

/** Codes of plans first, then codes of WorkOS. */
export const groupRemedies: Remedies = {
  no_group: keyOf('group'),
  several_groups: keyOf('group'),
  group_rejected: rejectedWith('group'),
  group_incomplete: after(
    'map the name of the group and the key of its organization, or skip the item with map.group.when',
  ),
  group_text_too_long: after('shorten the name or the description, for example with $substring in the mapping'),
  group_missing: after(
    'map the group under map.group, or skip the member with map.groupMember.when: no record describes that group',
  ),
  group_member_incomplete: after(
    'map the keys of the group, its organization and the user, or skip the item with map.groupMember.when',
  ),
  group_member_without_membership: after(
    'add the user to the organization of the group, or remove the member from the group',
  ),
  shared_group_name: after(
    'map names that differ, such as full paths, or map the same key if they are one group: an organization can have one group of each name',
  ),
  group_key_collision: after(
    'make the keys differ in map.group.key and map.groupMember.group: several names of the source result in the same key',
  ),
  duplicate_group_role_assignment: again('apply again: the group got the role in the meantime, and apply finds it'),
  group_membership_limit_exceeded: after(
    'split the group in the mapping, or ask WorkOS to raise the limit: the group is full in WorkOS',
  ),
}
