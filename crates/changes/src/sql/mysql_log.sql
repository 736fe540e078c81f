CREATE TABLE hallpass_change (
    seq BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    position BIGINT,
    at DATETIME(6) NOT NULL,
    table_name VARCHAR(64) NOT NULL,
    operation VARCHAR(16) NOT NULL,
    row_key LONGTEXT,
    row_before LONGTEXT,
    row_after LONGTEXT,
    left_out LONGTEXT NOT NULL,
    actor VARCHAR(255),
    UNIQUE KEY hallpass_change_position (position)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE TABLE hallpass_change_head (
    id INT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    removed BIGINT NOT NULL
) ENGINE = InnoDB;
INSERT INTO hallpass_change_head (id, position, removed) VALUES (1, 0, 0);
CREATE TABLE hallpass_change_reader (
    name VARCHAR(64) NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    at DATETIME(6) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
