import { after, again, keyOf, type Remarks, type Remedies, rejectedWith } from '../wording.ts'

/** What a plan remarks on groups and their members that it accepts. */
export const groupRemarks: Remarks = {
  group_gives_role: ({ resources, detail }) =>
    `${resources} to be added, whose users get the role ${detail}: the group has it in WorkOS`,
}

/**
 * What helps against the codes of groups and their members: those of a plan first, then WorkOS's.
 */
export const groupRemedies: Remedies = {
  no_group: keyOf('group'),
  several_groups: keyOf('group'),
  group_rejected: rejectedWith('group'),
  group_incomplete: after("map the group's name and the key of its organization, or leave the item out with when"),
  group_text_too_long: after('shorten the name or the description, in the mapping with $substring'),
  group_missing: after('no record makes that group: map it under map.group, or leave the member out with when'),
  group_member_incomplete: after(
    'map the keys of the group, of its organization and of the user, or leave the item out with when',
  ),
  group_member_without_membership: after(
    "add the user's membership in the group's organization, or leave the member of the group out",
  ),
  shared_group_name: after(
    'an organization has one group of a name: map names that differ, such as whole paths, or one key where they are one group',
  ),
  group_key_collision: after(
    'several names of the source give one key: tell them apart in map.group.key and map.groupMember.group',
  ),
  duplicate_group_role_assignment: again(
    'somebody gave the group the role in the meantime: apply again, and it is found',
  ),
  group_membership_limit_exceeded: after(
    'WorkOS takes no more members into the group: divide it in the mapping, or ask WorkOS to raise the limit',
  ),
}
