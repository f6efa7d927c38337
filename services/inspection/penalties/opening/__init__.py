"""Opens a case and investigates it: filing, officers, inquiries, preserved items, exhibits, legal review."""
