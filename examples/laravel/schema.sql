-- The users table of Laravel with the columns of Fortify, and the teams of Jetstream, as their migrations create them in MySQL, with six made-up users.

CREATE TABLE `users` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `name` varchar(255) NOT NULL,
  `email` varchar(255) NOT NULL UNIQUE,
  `email_verified_at` timestamp NULL DEFAULT NULL,
  `password` varchar(255) NOT NULL,
  `two_factor_secret` text,
  `two_factor_recovery_codes` text,
  `two_factor_confirmed_at` timestamp NULL DEFAULT NULL,
  `remember_token` varchar(100) DEFAULT NULL,
  `current_team_id` bigint unsigned DEFAULT NULL,
  `profile_photo_path` varchar(2048) DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  `deleted_at` timestamp NULL DEFAULT NULL
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE `teams` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `user_id` bigint unsigned NOT NULL,
  `name` varchar(255) NOT NULL,
  `personal_team` tinyint(1) NOT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE `team_user` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  `team_id` bigint unsigned NOT NULL,
  `user_id` bigint unsigned NOT NULL,
  `role` varchar(255) DEFAULT NULL,
  `created_at` timestamp NULL DEFAULT NULL,
  `updated_at` timestamp NULL DEFAULT NULL,
  UNIQUE (`team_id`, `user_id`)
) DEFAULT CHARSET = utf8mb4;

INSERT INTO `users` (`id`, `name`, `email`, `email_verified_at`, `password`, `two_factor_secret`, `two_factor_confirmed_at`, `current_team_id`, `created_at`, `updated_at`, `deleted_at`) VALUES
  (1, 'Ada Ampersand', 'ada@example.com', '2024-01-02 03:04:05', '$2y$12$9vOZSLg8MMuvP9Ae8MB7b.zOLFDdJA6ugc5L6Is4NFr4zwejXxmki', 'eyJpdiI6InNhbXBsZSIsInZhbHVlIjoic2FtcGxlIiwibWFjIjoic2FtcGxlIn0=', '2024-02-02 03:04:05', 2, '2024-01-02 03:04:05', '2025-01-02 03:04:05', NULL),
  (2, 'Björn van der Beispiel', 'bjorn@example.com', '2024-01-03 03:04:05', '$2y$12$ntdnx7lxzW8GPnbIi7IEfuIZpn0SB2oCiSGcs5XbcXsEjiMVKd5u.', 'eyJpdiI6InNhbXBsZTIiLCJ2YWx1ZSI6InNhbXBsZTIiLCJtYWMiOiJzYW1wbGUyIn0=', NULL, 2, '2024-01-03 03:04:05', '2025-01-03 03:04:05', NULL),
  (3, 'Chloé Comma', 'chloe@example.com', NULL, '$2y$10$mWb4JhjVZua.19ZAo2kw1.0LIK/VR./HZnggjMuZYfr13yzG0WHiu', NULL, NULL, 4, '2024-01-04 03:04:05', '2025-01-04 03:04:05', NULL),
  (4, 'Dmitri', 'dmitri@example.com', '2024-01-05 03:04:05', '', NULL, NULL, 4, '2024-01-05 03:04:05', '2025-01-05 03:04:05', NULL),
  (5, 'Femi Foobar', 'femi@example.com', '2024-01-06 03:04:05', '$2y$10$mWb4JhjVZua.19ZAo2kw1.0LIK/VR./HZnggjMuZYfr13yzG0WHiu', NULL, NULL, NULL, '2024-01-06 03:04:05', '2025-01-06 03:04:05', '2025-02-03 04:05:06'),
  (18446744073709551615, 'Zoë Zebra', 'zoe@example.com', NULL, '', NULL, NULL, NULL, '2024-01-07 03:04:05', '2025-01-07 03:04:05', NULL);

-- Jetstream gives each user a personal team. team_user has no row for the owner of a team.
INSERT INTO `teams` (`id`, `user_id`, `name`, `personal_team`, `created_at`, `updated_at`) VALUES
  (1, 1, 'Ada''s Team', 1, '2024-01-02 03:04:05', '2024-01-02 03:04:05'),
  (2, 1, 'Acme Anvils', 0, '2024-01-02 03:04:05', '2024-01-02 03:04:05'),
  (3, 3, 'Chloé''s Team', 1, '2024-01-04 03:04:05', '2024-01-04 03:04:05'),
  (4, 3, 'Borealis Outfitters', 0, '2024-01-04 03:04:05', '2024-01-04 03:04:05');

INSERT INTO `team_user` (`team_id`, `user_id`, `role`, `created_at`, `updated_at`) VALUES
  (2, 2, 'editor', '2024-01-03 03:04:05', '2024-01-03 03:04:05'),
  (4, 1, 'admin', '2024-01-03 03:04:05', '2024-01-03 03:04:05'),
  (4, 4, 'editor', '2024-01-05 03:04:05', '2024-01-05 03:04:05'),
  (4, 5, 'editor', '2024-01-06 03:04:05', '2024-01-06 03:04:05'),
  (4, 18446744073709551615, NULL, '2024-01-07 03:04:05', '2024-01-07 03:04:05');
