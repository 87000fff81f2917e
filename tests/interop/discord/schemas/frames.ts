import type * as api from 'discord-api-types/v10';
export interface Frames {
  READY: api.GatewayReadyDispatchData;
  RESUMED: { _trace?: string[] };
  GUILD_CREATE: api.GatewayGuildCreateDispatchData;
  GUILD_UPDATE: api.GatewayGuildUpdateDispatchData;
  GUILD_DELETE: api.GatewayGuildDeleteDispatchData;
  GUILD_ROLE_CREATE: api.GatewayGuildRoleCreateDispatchData;
  GUILD_ROLE_UPDATE: api.GatewayGuildRoleUpdateDispatchData;
  GUILD_ROLE_DELETE: api.GatewayGuildRoleDeleteDispatchData;
  GUILD_MEMBER_ADD: api.GatewayGuildMemberAddDispatchData;
  GUILD_MEMBER_UPDATE: api.GatewayGuildMemberUpdateDispatchData;
  GUILD_MEMBER_REMOVE: api.GatewayGuildMemberRemoveDispatchData;
  GUILD_MEMBERS_CHUNK: api.GatewayGuildMembersChunkDispatchData;
  GUILD_AUDIT_LOG_ENTRY_CREATE: api.GatewayGuildAuditLogEntryCreateDispatchData;
  CHANNEL_CREATE: api.GatewayChannelCreateDispatchData;
  CHANNEL_UPDATE: api.GatewayChannelUpdateDispatchData;
  CHANNEL_DELETE: api.GatewayChannelDeleteDispatchData;
  MESSAGE_CREATE: api.GatewayMessageCreateDispatchData;
  MESSAGE_UPDATE: api.GatewayMessageUpdateDispatchData;
  MESSAGE_DELETE: api.GatewayMessageDeleteDispatchData;
  INTERACTION_CREATE: api.GatewayInteractionCreateDispatchData;
}
