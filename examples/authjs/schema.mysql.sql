-- The tables of Auth.js that a migration reads, as Prisma creates them in MySQL, with the users of users.csv.

CREATE TABLE `User` (
  `id` varchar(191) NOT NULL PRIMARY KEY,
  `name` varchar(191),
  `email` varchar(191) UNIQUE,
  `emailVerified` datetime(3),
  `image` varchar(191)
) DEFAULT CHARSET = utf8mb4;

CREATE TABLE `Account` (
  `userId` varchar(191) NOT NULL,
  `type` varchar(191) NOT NULL,
  `provider` varchar(191) NOT NULL,
  `providerAccountId` varchar(191) NOT NULL,
  `refresh_token` text,
  `access_token` text,
  `expires_at` int,
  `token_type` varchar(191),
  `scope` varchar(191),
  `id_token` text,
  `session_state` varchar(191),
  PRIMARY KEY (`provider`, `providerAccountId`),
  FOREIGN KEY (`userId`) REFERENCES `User` (`id`) ON DELETE CASCADE
) DEFAULT CHARSET = utf8mb4;

INSERT INTO `User` (`id`, `name`, `email`, `emailVerified`) VALUES
  ('cmf5qeo7y7myofwmnpuvou72h', 'Ada Ampersand', 'ada@example.com', '2025-01-02 03:04:05.678'),
  ('cmhovvjw36473y8hu3s8rnyvh', 'Björn Beispiel', 'bjorn@example.com', NULL),
  ('cmfwrdkbrsmsea1p3f9n5cylp', NULL, 'chloe@example.com', '2025-02-03 04:05:06.000'),
  ('cm2bml1w0m788syx95fvuinyt', 'Dmitri', NULL, NULL),
  ('cm7jaz8xhdaagnenucy20mr7d', 'Elif Ellipsis', 'Elif@Example.com', '2025-03-04 05:06:07.000');

INSERT INTO `Account` (`userId`, `type`, `provider`, `providerAccountId`) VALUES
  ('cmf5qeo7y7myofwmnpuvou72h', 'oidc', 'google', '30000000'),
  ('cmf5qeo7y7myofwmnpuvou72h', 'oidc', 'github', '30000001'),
  ('cmhovvjw36473y8hu3s8rnyvh', 'oidc', 'github', '30000002'),
  ('cm2bml1w0m788syx95fvuinyt', 'oidc', 'github', '30000003'),
  ('cm7jaz8xhdaagnenucy20mr7d', 'oidc', 'google', '30000004');
