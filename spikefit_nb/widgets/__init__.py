"""ipywidgets views over the objects of the floors below; imported only when a view is shown."""
