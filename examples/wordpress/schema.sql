-- The user tables of WordPress, as its installer creates them in MySQL, with the secrets of the plugin Two Factor and six made-up users.

SET SESSION sql_mode = '';

CREATE TABLE `wp_users` (
  `ID` bigint(20) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `user_login` varchar(60) NOT NULL DEFAULT '',
  `user_pass` varchar(255) NOT NULL DEFAULT '',
  `user_nicename` varchar(50) NOT NULL DEFAULT '',
  `user_email` varchar(100) NOT NULL DEFAULT '',
  `user_url` varchar(100) NOT NULL DEFAULT '',
  `user_registered` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `user_activation_key` varchar(255) NOT NULL DEFAULT '',
  `user_status` int(11) NOT NULL DEFAULT '0',
  `display_name` varchar(250) NOT NULL DEFAULT ''
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE `wp_usermeta` (
  `umeta_id` bigint(20) unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `user_id` bigint(20) unsigned NOT NULL DEFAULT '0',
  `meta_key` varchar(255) DEFAULT NULL,
  `meta_value` longtext,
  KEY `user_id` (`user_id`),
  KEY `meta_key` (`meta_key`(191))
) DEFAULT CHARSET = utf8mb4;

INSERT INTO `wp_users` (`ID`, `user_login`, `user_pass`, `user_nicename`, `user_email`, `user_registered`, `display_name`) VALUES
  (1, 'ada', '$wp$2y$10$8HdAyZKoa/.eIQ2Gj2iVwOq9aXrMrt2FbMZ2NP4S.g0eo22aQ68Jm', 'ada', 'ada@example.com', '2024-01-02 03:04:05', 'Ada Ampersand'),
  (2, 'bjorn', '$P$BqW3rT5yUIRGAE/H6e57wwUdxmpRcl0', 'bjorn', 'bjorn@example.com', '2016-01-03 03:04:05', 'Björn'),
  (3, 'chloe', '$2y$10$j15KFGhbt7YjHYFhzIq6GeHGLdEEfaZ5C6FY/rT0pKqCx7YOz9WQW', 'chloe', 'Chloe@Example.com', '2021-01-04 03:04:05', 'chloe'),
  (4, 'dmitri', '247e97e7fcbb64aa271f76a1739a8090', 'dmitri', 'dmitri@example.com', '0000-00-00 00:00:00', 'Dmitri'),
  (5, 'import', '!', 'import', '', '2024-01-06 03:04:05', 'Import'),
  (6, 'elif', '$P$BqW3rT5yUIRGAE/H6e57wwUdxmpRcl0', 'elif', 'elif@example.com', '2024-01-07 03:04:05', 'Elif Ellipsis');

INSERT INTO `wp_usermeta` (`user_id`, `meta_key`, `meta_value`) VALUES
  (1, 'first_name', 'Ada'),
  (1, 'last_name', 'Ampersand'),
  (1, 'wp_capabilities', 'a:2:{s:13:"administrator";b:1;s:12:"backup_admin";b:1;}'),
  (1, '_two_factor_totp_key', 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U'),
  (1, '_two_factor_enabled_providers', 'a:1:{i:0;s:15:"Two_Factor_Totp";}'),
  (1, 'session_tokens', 'a:1:{s:64:"0000000000000000000000000000000000000000000000000000000000000000";a:0:{}}'),
  (2, 'first_name', 'Björn'),
  (2, 'last_name', 'Beispiel'),
  (2, 'wp_capabilities', 'a:1:{s:6:"editor";b:1;}'),
  -- a secret that stayed when the second factor was turned off
  (2, '_two_factor_totp_key', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'),
  (2, '_two_factor_enabled_providers', 'a:0:{}'),
  (3, 'first_name', ''),
  (3, 'last_name', ''),
  (3, 'wp_capabilities', 'a:1:{s:10:"subscriber";b:1;}'),
  (4, 'wp_capabilities', 'a:1:{s:6:"author";b:1;}'),
  -- no role in this site
  (6, 'wp_capabilities', 'a:0:{}'),
  -- leftover data of a deleted user
  (99, 'first_name', 'Gone');
