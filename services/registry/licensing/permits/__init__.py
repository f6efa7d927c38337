"""Leave to teach (办学许可证): what it covers, whether it is in force on a day, how it rests and ends."""
