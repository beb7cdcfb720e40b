"""The policies tried on documents before they ship: what typing can't find, an error or an undefined decision, is found here."""
